// What `validate` may be, of a manager and of one call. Not here: rules (rules.ts).
import { DatabaseError, type ErrorCode } from '../errors.js';

/** Which rules of a class hold, as class-validator understands it. */
export interface RuleGroups {
  /** rules of these groups alone, and those that hold `always`; rules of no group do not. Default: all rules, whatever their groups */
  readonly groups?: readonly string[];
  /** whether rules of no group hold beside those of `groups`; default false */
  readonly always?: boolean;
  /** whether rules that have a group are left out where `groups` is not given; default false */
  readonly strictGroups?: boolean;
}

/** Whether rules are enforced, or which. */
export type ValidateOption = boolean | RuleGroups;

const OPTIONS = ['groups', 'always', 'strictGroups'];

/**
 * @param what begins the message: `insert: `
 * @throws DatabaseError for what is none
 */
export function checkedValidate(option: unknown, what: string, code: ErrorCode): ValidateOption {
  const refuse = (why: string): never => {
    throw new DatabaseError(code, `${what}validate ${why}.`);
  };
  if (typeof option === 'boolean') return option;
  if (typeof option !== 'object' || option === null || Array.isArray(option))
    return refuse("is true, false, or an object such as { groups: ['create'] }");
  const given = option as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((key) => !OPTIONS.includes(key));
  if (unknown !== undefined) refuse(`has no option '${unknown}'. Options: ${OPTIONS.join(', ')}`);
  const { groups, always, strictGroups } = given;
  if (groups !== undefined && !(Array.isArray(groups) && groups.every((group) => typeof group === 'string')))
    refuse('has groups as an array of strings');
  for (const [name, flag] of [['always', always], ['strictGroups', strictGroups]] as const)
    if (flag !== undefined && typeof flag !== 'boolean') refuse(`has ${name} true or false`);
  return given;
} // prettier-ignore

/** Which rules of a call hold: as it says itself, else as its manager does. undefined: none. */
export function groupsFor(manager: ValidateOption, call: ValidateOption | undefined): RuleGroups | undefined {
  const option = call === undefined || (call === true && manager !== false) ? manager : call;
  return option === false ? undefined : option === true ? {} : option;
}
