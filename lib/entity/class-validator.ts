// The door to class-validator: which rules a class has, and the library's own judgement with no value in its words. It is loaded by
// whoever decorates a class with it, or where a row breaks a rule. Not here: rules compiled (compiled-rules.ts), errors (broken-rules.ts).
import type { MetadataStorage, ValidationError, ValidatorOptions } from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import type { RuleGroups } from './rule-option.js';
import { require } from '../require.js';

export type { MetadataStorage, ValidationError } from 'class-validator';
export type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';

/** The types of notes; a rule that is none of these is the library's alone to judge. */
export const RULE = 'customValidation';
export const DEFINED = 'isDefined';
export const CONDITION = 'conditionalValidation';
export const ALLOWED = 'whitelistValidation';
export const NESTED = 'nestedValidation';
export const PROMISED = 'promiseValidation';

/** class-validator keeps its notes on globalThis; undefined where nobody has taken any. */
export function ruleNotes(): MetadataStorage | undefined {
  return (globalThis as { classValidatorMetadataStorage?: MetadataStorage }).classValidatorMetadataStorage;
}

/** How many notes there are of a class and those it extends: notes are only ever added. */
export function countNotes(notes: MetadataStorage, target: object): number {
  const { validationMetadatas } = notes as unknown as {
    validationMetadatas?: ReadonlyMap<unknown, readonly unknown[]>;
  };
  // its own map is its own business; without it the notes are looked through
  if (!(validationMetadatas instanceof Map)) return notes.getTargetValidationMetadatas(target as never, '', true, false).length; // prettier-ignore
  let count = 0;
  for (let type: unknown = target; typeof type === 'function'; type = Object.getPrototypeOf(type))
    count += (validationMetadatas.get(type) as readonly unknown[] | undefined)?.length ?? 0;
  return count;
}

/** The notes of a class by property, as the library itself picks them for these groups. */
export function notesOf(
  notes: MetadataStorage,
  target: object,
  { groups, always, strictGroups }: RuleGroups,
): Readonly<Record<string, readonly ValidationMetadata[]>> {
  const own = notes.getTargetValidationMetadatas(target as never, '', always ?? false, strictGroups ?? false, [...(groups ?? [])]); // prettier-ignore
  return notes.groupByPropertyName(own);
}

interface Judge {
  validatorOptions: ValidatorOptions;
  awaitingPromises: readonly Promise<unknown>[];
  execute(object: object, schema: undefined, errors: ValidationError[]): void;
  stripEmptyErrors(errors: ValidationError[]): ValidationError[];
  performValidations(object: object, value: unknown, property: string, ...rest: unknown[]): void;
  nestedValidations(...args: unknown[]): void;
  createValidationError(
    object: object,
    value: unknown,
    note: ValidationMetadata,
    constraint?: { readonly name?: string },
  ): [rule: string, message: string];
}

/** What a message says in the place of a value, which may be secret. */
const HIDDEN = '(value)';
/** A character of no language: texts are hidden by as many of it, since there are messages that tell which length is wrong. */
const MASK = '\uE000';
const MOST_MASKED = 2 ** 16;

/** Something in the place of a value that is as long, and shows nothing else of it. */
function hidden(value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (typeof value === 'string') return MASK.repeat(Math.min(value.length, MOST_MASKED));
  if (Array.isArray(value)) return Array.from({ length: Math.min(value.length, MOST_MASKED) }, () => MASK);
  // what counts as nothing
  if (!value) return '';
  return {
    toString: () => HIDDEN,
    toJSON: () => HIDDEN,
    get length(): number | undefined {
      const { length } = value as { readonly length?: unknown };
      return typeof length === 'number' ? length : undefined;
    },
  };
}

/** `$value` is left where a value has no text. */
const HIDDEN_PARTS = new RegExp(`${MASK}+(,${MASK}+)*|\\$value`, 'g');

type JudgeClass = new (
  skips: (property: string) => boolean,
  options: ValidatorOptions,
) => Judge & {
  readonly at: string | undefined;
};

let judges: JudgeClass | undefined;

function judgeClass(): JudgeClass {
  if (judges !== undefined) return judges;
  const { ValidationExecutor } = require('class-validator/cjs/validation/ValidationExecutor.js') as {
    readonly ValidationExecutor: new (validator: undefined, options: ValidatorOptions) => Judge;
  };
  judges = class extends ValidationExecutor {
    /** the property of the row that is looked at */
    at: string | undefined;
    #inside = false;

    constructor(
      private readonly skips: (property: string) => boolean,
      options: ValidatorOptions,
    ) {
      super(undefined, options);
    }

    override performValidations(object: object, value: unknown, property: string, ...rest: unknown[]): void {
      if (!this.#inside) {
        this.at = property;
        if (value === undefined && this.skips(property)) return;
      }
      super.performValidations(object, value, property, ...rest);
    }

    /** Nothing fills what is missing within a value, as a default does in a row. */
    override nestedValidations(...args: unknown[]): void {
      const { validatorOptions } = this;
      const inside = this.#inside;
      this.validatorOptions = { ...validatorOptions, skipUndefinedProperties: false };
      this.#inside = true;
      try {
        super.nestedValidations(...args);
      } finally {
        this.validatorOptions = validatorOptions;
        this.#inside = inside;
      }
    }

    /** As the library's, but that neither `$value` nor a function that makes a message sees the value, or the row that it is in. */
    override createValidationError(...[object, value, note, constraint]: Parameters<Judge['createValidationError']>): [string, string] {
      const standIn = Object.create(Object.getPrototypeOf(object) as object | null) as object;
      try {
        const [rule, message] = super.createValidationError(standIn, hidden(value), note, constraint);
        if (typeof message === 'string' && message !== '') return [rule, message.replaceAll(HIDDEN_PARTS, HIDDEN)];
      } catch {
        // a message that cannot be made without the value is not told
      }
      const rule = constraint?.name ?? note.type;
      return [rule, `${note.propertyName} breaks the rule ${rule}`];
    }
  }; // prettier-ignore
  return judges;
}

/** A validator, or a condition of one, threw. */
export class RuleThrew extends Error {
  override readonly name = 'RuleThrew';

  constructor(
    readonly property: string | undefined,
    cause: unknown,
  ) {
    super('a rule threw', { cause });
  }
}

/**
 * The library's judgement of an object; a promise where a rule gives one.
 *
 * @param skips properties that need not be looked at where they are undefined
 * @throws RuleThrew where a validator or a condition does
 */
export function judge(
  object: object,
  { groups, always, strictGroups }: RuleGroups,
  skips: (property: string) => boolean,
): readonly ValidationError[] | Promise<readonly ValidationError[]> {
  const Judge = judgeClass();
  const judging = new Judge(skips, {
    skipUndefinedProperties: true,
    forbidUnknownValues: false,
    groups: [...(groups ?? [])],
    always: always ?? false,
    strictGroups: strictGroups ?? false,
    validationError: { target: false, value: false },
  });
  const errors: ValidationError[] = [];
  try {
    judging.execute(object, undefined, errors);
  } catch (error) {
    for (const waiting of judging.awaitingPromises) waiting.catch(() => {}); // the first error is told
    throw new RuleThrew(judging.at, error);
  }
  if (judging.awaitingPromises.length === 0) return judging.stripEmptyErrors(errors);
  return Promise.allSettled(judging.awaitingPromises).then((settled) => {
    const failed = settled.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw new RuleThrew(undefined, failed.reason);
    return judging.stripEmptyErrors(errors);
  });
}
