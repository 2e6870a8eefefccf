// The rules of one class as functions, made once: whether a row keeps them all. Ten times as fast as the library, which looks its notes
// up for each row, and each validator in a list. Not here: what is wrong with a row that breaks one, which the library says.
import {
  ALLOWED,
  CONDITION,
  DEFINED,
  PROMISED,
  RULE,
  RuleThrew,
  type MetadataStorage,
  type ValidationMetadata,
} from './class-validator.js';

/** `unsure`: a rule gave a promise. */
export type Verdict = 'kept' | 'broken' | 'unsure';

/**
 * Whether an object keeps the rules.
 *
 * @param isPatch what is missing is not looked at
 * @throws RuleThrew where a validator or a condition does
 */
export type CompiledRules = (object: object, isPatch: boolean) => Verdict;

type Values = Readonly<Record<string, unknown>>;
type Check = (object: Values, value: unknown) => Verdict;
type Condition = (object: unknown, value: unknown) => unknown;

interface Property {
  readonly name: string;
  readonly conditions: readonly Condition[];
  readonly defined: readonly Check[];
  readonly checks: readonly Check[];
  readonly mayMiss: boolean;
}

/**
 * @param targetName the name of the class that objects are instances of
 * @param notes those of the class, by property
 * @param mayMiss whether a property of a row need not be given, whatever its rules say
 * @returns undefined where the library alone can judge: nested objects, promises, rules that are declared async
 */
export function compileRules(
  storage: MetadataStorage,
  targetName: string,
  notes: Readonly<Record<string, readonly ValidationMetadata[]>>,
  mayMiss: (property: string) => boolean,
): CompiledRules | undefined {
  const properties: Property[] = [];
  // symbols are not among them for the library, either
  for (const name of Object.keys(notes)) {
    const own = notes[name] as readonly ValidationMetadata[];
    const of = (type: string): readonly ValidationMetadata[] => own.filter((note) => note.type === type);
    const rules = of(RULE);
    const defined = of(DEFINED);
    const conditions = of(CONDITION).map((note) => note.constraints[0] as Condition);
    if (rules.length + defined.length + conditions.length + of(ALLOWED).length < own.length) return undefined;
    const [checks, definedChecks] = [checksOf(storage, targetName, rules), checksOf(storage, targetName, defined)];
    if (checks === undefined || definedChecks === undefined) return undefined;
    if (checks.length + definedChecks.length > 0)
      properties.push({ name, conditions, defined: definedChecks, checks, mayMiss: mayMiss(name) });
  }
  return (object, isPatch) => {
    let at = 0;
    try {
      for (; at < properties.length; at += 1) {
        const property = properties[at] as Property;
        const verdict = judged(property, object as Values, isPatch);
        if (verdict !== 'kept') return verdict;
      }
      return 'kept';
    } catch (error) {
      throw new RuleThrew(properties[at]?.name, error);
    }
  };
}

function judged({ name, conditions, defined, checks, mayMiss }: Property, object: Values, isPatch: boolean): Verdict {
  const value = object[name];
  if (value === undefined && (isPatch || mayMiss || defined.length === 0)) return 'kept';
  let applies = true;
  // each is asked, as the library does
  for (const condition of conditions) if (!condition(object, value)) applies = false;
  if (!applies) return 'kept';
  for (const check of defined) {
    const verdict = check(object, value);
    if (verdict !== 'kept') return verdict;
  }
  if (value === undefined) return 'kept';
  for (const check of checks) {
    const verdict = check(object, value);
    if (verdict !== 'kept') return verdict;
  }
  return 'kept';
}

interface Validator {
  validate(value: unknown, args: unknown): unknown;
}

/** Whether a rule is known to be asked and waited for; any other may give a promise, too. */
export function givesPromise(storage: MetadataStorage, { type, constraintCls }: ValidationMetadata): boolean {
  if (type !== RULE && type !== DEFINED) return type === PROMISED;
  return storage.getTargetValidatorConstraints(constraintCls).some(({ async, instance }) => async || isAsync(instance));
}

/** undefined where one of them gives a promise. */
function checksOf(
  storage: MetadataStorage,
  targetName: string,
  notes: readonly ValidationMetadata[],
): Check[] | undefined {
  const checks: Check[] = [];
  for (const note of notes) {
    if (givesPromise(storage, note)) return undefined;
    for (const constraint of storage.getTargetValidatorConstraints(note.constraintCls)) checks.push(checkOf(targetName, note, constraint)); // prettier-ignore
  }
  return checks;
}

const AsyncFunction = (async () => {}).constructor;
const isAsync = (validator: unknown): boolean => (validator as Validator).validate instanceof AsyncFunction;

function checkOf(
  targetName: string,
  note: ValidationMetadata,
  constraint: { readonly instance: unknown; readonly target: unknown },
): Check {
  const { propertyName: property, constraints, each, validateIf } = note;
  // a class of the user's may come from a container, which decides at each call which instance it is
  const isOwn = (constraint.target as { readonly name: string }).name === 'CustomConstraint';
  const kept = isOwn ? (constraint.instance as Validator) : undefined;
  return (object, value) => {
    if (validateIf && !(validateIf as Condition)(object, value)) return 'kept';
    const validator = kept ?? (constraint.instance as Validator);
    const args = { targetName, property, object, value, constraints };
    if (!each || !(Array.isArray(value) || value instanceof Set || value instanceof Map))
      return verdictOn(validator.validate(value, args));
    const items = Array.isArray(value) ? value : [...value.values()];
    let verdict: Verdict = 'kept';
    // not a loop by number: what is missing from an array is not looked at
    items.every((item: unknown) => (verdict = verdictOn(validator.validate(item, args))) === 'kept');
    return verdict;
  };
}

function verdictOn(result: unknown): Verdict {
  if (result === true) return 'kept';
  if (typeof result === 'object' && result !== null && typeof (result as { then?: unknown }).then === 'function') return 'unsure'; // prettier-ignore
  return result ? 'kept' : 'broken';
}
