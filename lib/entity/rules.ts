// class-validator's rules on an entity, as its rows are judged by them: by compiled functions, and by the library where these cannot, or
// a row breaks one. Not here: types and NOT NULL, which are columns'.
import { Fragment } from '../fragment.js';
import { brokenRules, ruleError, type RowPlace } from './broken-rules.js';
import {
  NESTED,
  countNotes,
  judge,
  notesOf,
  ruleNotes,
  type MetadataStorage,
  type ValidationError,
} from './class-validator.js';
import { compile } from './compile.js';
import { compileRules, givesPromise, type CompiledRules } from './compiled-rules.js';
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
  const rules = new Rules(schema, groups, notes);
  byGroups.set(key, { notes, count, rules });
  return rules;
}

type Cells = readonly ArrayLike<unknown>[];
type Values = Readonly<Record<string, unknown>>;

export class Rules {
  readonly #compiled: CompiledRules | undefined;
  /** whether a rule looks into a value that plain objects may stand for */
  readonly #nested: readonly string[];
  readonly #fromRow: (row: Values) => object;
  readonly #fromCells: (cells: Cells, index: number) => object;
  #awaits: boolean;

  constructor(
    private readonly schema: EntitySchema,
    private readonly groups: RuleGroups,
    notes: MetadataStorage,
  ) {
    const own = notesOf(notes, schema.target, groups);
    this.#compiled = compileRules(notes, schema.target.name, own, this.#mayMiss);
    this.#nested = schema.columns.map(({ property }) => property).filter((property) => schema.byProperty.get(property)?.type.document !== undefined && own[property]?.some(({ type }) => type === NESTED)); // prettier-ignore
    this.#awaits = Object.values(own).some((all) => all.some((note) => givesPromise(notes, note)));
    [this.#fromRow, this.#fromCells] = instancesOf(schema);
  }

  /** Whether a rule is known to give promises, so that rows may change while it is waited for. */
  get awaits(): boolean {
    return this.#awaits;
  }

  /**
   * Judges a row that is to be inserted: what it leaves to a default of its column is not looked at.
   *
   * @param row its number among several
   * @throws DatabaseError `E_VALIDATION` with every property that breaks a rule; rejects with it where a rule gave a promise
   */
  row(object: object, row: number | undefined): void | Promise<void> {
    return this.judge(this.#instance(object, () => this.#fromRow(object as Values)), row); // prettier-ignore
  }

  /** The same of a row whose values stand in columns, and of what it is an instance of. */
  cells(cells: Cells, index: number, object: unknown, row: number): void | Promise<void> {
    return this.judge(this.lookedAt(cells, index, object), row);
  }

  /** What the rules look at of such a row. */
  lookedAt(cells: Cells, index: number, object: unknown): object {
    return this.#instance(object, () => this.#fromCells(cells, index));
  }

  /** Judges what a patch sets, and nothing else; what the database computes is not looked at. */
  patch(patch: object): void | Promise<void> {
    const set = Object.fromEntries(Object.entries(patch).filter(([, value]) => !(value instanceof Fragment)));
    const instance = this.#fromRow(set);
    addOthers(instance, set, this.schema);
    return this.judge(this.#looked(instance), undefined, true);
  }

  /** Nothing of a property has to be there that its column fills, or that is no column. */
  readonly #mayMiss = (property: string): boolean => {
    const column = this.schema.byProperty.get(property);
    return column === undefined || column.default !== undefined || column.generated !== undefined;
  };

  /** An instance of the class itself is looked at as it is, with its methods and private fields. */
  #instance(object: unknown, make: () => object): object {
    const { target } = this.schema;
    if (!(object instanceof target)) return this.#looked(make());
    const isOwn = Object.getPrototypeOf(object) === target.prototype && !Object.hasOwn(object, 'constructor');
    if (isOwn && this.#nested.length === 0) return object;
    const instance = make();
    addOthers(instance, object as Values, this.schema);
    return this.#looked(instance);
  }

  /** Rules of nested classes look at instances alone, and pass over plain objects. */
  #looked(instance: object): object {
    for (const property of this.#nested) {
      const value = (instance as Values)[property];
      const document = this.schema.byProperty.get(property)?.type.document;
      if (value !== undefined && document !== undefined) define(instance, property, document.asInstances(value));
    }
    return instance;
  }

  /** Judges what `lookedAt` gave. @throws DatabaseError as `row` */
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
      return errors.then((all) => refuse(all, place)).catch((error: unknown) => { throw ruleError(error, place); }); // prettier-ignore
    } catch (error) {
      throw ruleError(error, place);
    }
  }
}

function refuse(errors: readonly ValidationError[], place: RowPlace): void {
  if (errors.length > 0) throw brokenRules(errors, place);
}

const define = (object: object, property: string, value: unknown): void => {
  Object.defineProperty(object, property, { value, enumerable: true, writable: true, configurable: true });
};

/** What an instance has beside its columns; its class alone says what class it is. */
function addOthers(instance: object, object: Values, { byProperty }: EntitySchema): void {
  for (const [property, value] of Object.entries(object))
    if (!byProperty.has(property) && property !== 'constructor') define(instance, property, value);
}

/** Instances of a class, whose constructor has not seen them, of the columns that a row gives: by functions made for the class. */
function instancesOf({
  target,
  columns,
}: EntitySchema): [(row: Values) => object, (cells: Cells, index: number) => object] {
  const Row = function Row() {} as unknown as New;
  Row.prototype = target.prototype as object;
  const writable = columns.filter(({ generated }) => generated === undefined).map(({ property }) => property);
  const made = (from: (property: string, index: number) => string, parameters: string): string =>
    `return (${parameters}) => {
      const row = new Row();
      let value;
      ${writable.map((property, index) => `value = ${from(property, index)}; if (value !== undefined) ${set(target, property)}`).join('\n')}
      return row;
    };`; // prettier-ignore
  const fromRow = compile<[New, typeof define], (row: Values) => object>(['Row', 'define'], made((property) => `given[${JSON.stringify(property)}]`, 'given')); // prettier-ignore
  const fromCells = compile<[New, typeof define], (cells: Cells, index: number) => object>(['Row', 'define'], made((_property, index) => `cells[${index}][index]`, 'cells, index')); // prettier-ignore
  const looped = (valueOf: (property: string, index: number) => unknown): object => {
    const row = new Row();
    for (const [index, property] of writable.entries()) {
      const value = valueOf(property, index);
      if (value !== undefined) define(row, property, value);
    }
    return row;
  };
  return [
    fromRow?.(Row, define) ?? ((row) => looped((property) => row[property])),
    fromCells?.(Row, define) ?? ((cells, index) => looped((_property, at) => cells[at]?.[index])),
  ];
}

type New = new () => object;

/** A setter, or a getter without one, is not for values that are looked at. */
const set = (target: { readonly prototype: unknown }, property: string): string =>
  property in (target.prototype as object)
    ? `define(row, ${JSON.stringify(property)}, value);`
    : `row[${JSON.stringify(property)}] = value;`;
