// class-validator's rules on an entity, as its rows are judged by them: by compiled functions, and by the library where these cannot, or
// a row breaks one. Not here: types and NOT NULL, which are columns'.
import { Fragment } from '../fragment.js';
import { define } from '../plain-object.js';
import { TypedProperty } from '../typed-property.js';
import { brokenRules, ruleError, type RowPlace } from './broken-rules.js';
import {
  NESTED,
  RuleThrew,
  countNotes,
  judge,
  notesOf,
  ruleNotes,
  type MetadataStorage,
  type ValidationError,
} from './class-validator.js';
import { compileRules, givesPromise, type CompiledRules } from './compiled-rules.js';
import { RowInstances, type Cells, type Values } from './row-instance.js';
import type { RuleGroups } from './rule-option.js';
import type { EntitySchema } from './schema.js';

interface Known {
  readonly notes: MetadataStorage;
  readonly count: number;
  readonly rules: Rules;
}

const known = new WeakMap<EntitySchema, Map<string, Known>>();

/** Groups are code's, and few; where they come from outside they are not kept without end. */
const GROUPS_MAX = 100;

/** The rules of a class for these groups, with those that were added since; undefined where it has none at all. */
export function rulesOf(schema: EntitySchema, groups: RuleGroups): Rules | undefined {
  const notes = ruleNotes();
  if (notes === undefined) return undefined;
  const count = countNotes(notes, schema.target);
  if (count === 0) return undefined;
  let byGroups = known.get(schema);
  if (byGroups === undefined) known.set(schema, (byGroups = new Map()));
  const key = groups.groups === undefined && !groups.always && !groups.strictGroups ? '' : JSON.stringify([groups.groups ?? [], groups.always ?? false, groups.strictGroups ?? false]); // prettier-ignore
  const found = byGroups.get(key);
  if (found !== undefined && found.notes === notes && found.count === count) return found.rules;
  if (byGroups.size >= GROUPS_MAX) byGroups.clear();
  // whoever gave the list may change it
  const rules = new Rules(schema, { ...groups, groups: [...(groups.groups ?? [])] }, notes);
  byGroups.set(key, { notes, count, rules });
  return rules;
}

export class Rules {
  readonly #compiled: CompiledRules | undefined;
  /** properties that rules look into, and for which plain objects may stand */
  readonly #nested: readonly (readonly [property: string, typed: TypedProperty])[];
  /** list columns that have rules, which know arrays alone */
  readonly #lists: readonly string[];
  readonly #instances: RowInstances;
  #awaits: boolean;

  constructor(
    private readonly schema: EntitySchema,
    private readonly groups: RuleGroups,
    notes: MetadataStorage,
  ) {
    const { target, byProperty } = schema;
    const own = notesOf(notes, target, groups);
    this.#compiled = compileRules(notes, target.name, own, this.#mayMiss);
    this.#nested = Object.keys(own).flatMap((property) => {
      const typed = own[property]?.some(({ type }) => type === NESTED) ? TypedProperty.of(target, property) : undefined;
      return typed === undefined || !byProperty.has(property) ? [] : [[property, typed] as const];
    });
    this.#lists = Object.keys(own).filter((property) => byProperty.get(property)?.type.family === 'list');
    this.#awaits = Object.values(own).some((all) => all.some((note) => givesPromise(notes, note)));
    this.#instances = new RowInstances(schema);
  }

  /** Whether a rule is known to give promises, so that rows may change while it is waited for. */
  get awaits(): boolean {
    return this.#awaits;
  }

  /**
   * What is looked at of a row, which was read once.
   *
   * @param values what it gives, by property
   * @param object the row itself
   * @param row its number among several
   */
  lookedAt(values: Values, object: unknown, row: number | undefined): object {
    return this.#isLookedAt(object) ? object : this.#lookedInto(this.#instances.of(values, object), row);
  }

  /** The same of a row whose values stand in columns. */
  lookedAtCells(cells: Cells, index: number, object: unknown, row: number): object {
    return this.#isLookedAt(object) ? object : this.#lookedInto(this.#instances.ofCells(cells, index, object), row);
  }

  /** What is looked at of a patch: what the database computes is not. */
  lookedAtPatch(values: Values, object: unknown): object {
    const set = Object.fromEntries(Object.entries(values).filter(([, value]) => !(value instanceof Fragment)));
    return this.#lookedInto(this.#instances.of(set, object), undefined);
  }

  /** Whether it can be looked at as it is. */
  #isLookedAt(object: unknown): object is object {
    if (this.#nested.length > 0 || !this.#instances.isOwn(object)) return false;
    return !this.#lists.some((property) => ArrayBuffer.isView((object as Values)[property]));
  }

  /** Rules of nested classes look at instances alone, and rules of lists at arrays. */
  #lookedInto(instance: object, row: number | undefined): object {
    for (const property of this.#lists) {
      const value = (instance as Values)[property];
      if (ArrayBuffer.isView(value)) define(instance, property, Array.from(value as unknown as ArrayLike<unknown>));
    }
    for (const [property, typed] of this.#nested) {
      const value = (instance as Values)[property];
      try {
        if (value !== undefined) define(instance, property, typed.asInstances(value));
      } catch (error) {
        throw ruleError(new RuleThrew(property, error), { entity: this.schema.className, row });
      }
    }
    return instance;
  }

  /** Nothing of a property has to be there that its column fills, or that is no column. */
  readonly #mayMiss = (property: string): boolean => {
    const column = this.schema.byProperty.get(property);
    return column === undefined || column.default !== undefined || column.generated !== undefined;
  };

  /**
   * Judges what is looked at: of a row that is to be inserted not what it leaves to its columns, of a patch only what it sets.
   *
   * @param row its number among several
   * @throws DatabaseError `E_VALIDATION` with every property that breaks a rule; a promise, where a rule gave one, rejects with it
   */
  judge(object: object, row: number | undefined, isPatch = false): void | Promise<void> {
    const place: RowPlace = { entity: this.schema.className, row };
    try {
      if (this.#compiled !== undefined) {
        const verdict = this.#compiled(object, isPatch);
        if (verdict === 'kept') return undefined;
        if (verdict === 'unsure') this.#awaits = true;
      }
      const errors = judge(object, this.groups, isPatch ? () => true : this.#mayMiss);
      if (!(errors instanceof Promise)) return refuse(errors, place);
      this.#awaits = true;
      return this.#whenJudged(errors, place);
    } catch (error) {
      throw ruleError(error, place);
    }
  }

  async #whenJudged(errors: Promise<readonly ValidationError[]>, place: RowPlace): Promise<void> {
    try {
      refuse(await errors, place);
    } catch (error) {
      throw ruleError(error, place);
    }
  }
}

function refuse(errors: readonly ValidationError[], place: RowPlace): void {
  if (errors.length > 0) throw brokenRules(errors, place);
}
