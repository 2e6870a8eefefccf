// Conditions to SQL: every value a typed parameter, every name looked up. Not here: the operators' functions (operator.ts).
import { DuckDBListValue, LIST } from '@duckdb/node-api';
import { Misfit, describe } from '../entity/misfit.js';
import type { SqlType } from '../entity/types.js';
import { DatabaseError, isTooDeep, type ErrorDetails } from '../errors.js';
import { isPlain } from '../plain-object.js';
import { Fragment } from '../fragment.js';
import type { Operand, Resolve } from './operand.js';
import { Combination, Operator, type OperatorKind } from './operator.js';
import { jsonOperand, partOf } from './part.js';
import { renderInto } from './render.js';
import type { SqlBuilder } from './statement.js';

function fail(message: string, details: ErrorDetails = {}): never {
  throw new DatabaseError('E_QUERY', message, { details });
}

/**
 * Whether a condition holds for every row without saying so by `all()`, however it is wrapped: `{}`, `and({}, {})`,
 * `or({ id }, {})`.
 */
export function isEmpty(where: unknown): boolean {
  return shallow(() => empty(where));
}

function empty(where: unknown): boolean {
  if (!(where instanceof Combination))
    return where === undefined || (isPlain(where) && Object.keys(where).length === 0);
  const { kind, parts } = where;
  if (kind === 'and') return parts.every(empty);
  if (kind === 'or') return parts.some(empty);
  const [inner] = parts;
  return kind === 'not' && inner instanceof Combination && inner.kind === 'not' && empty(inner.parts[0]);
}

/** Levels of `not`, `at`, and `and` within `or`: DuckDB gives up at some hundreds. `and` within `and` is one level to it. */
const DEPTH_MAX = 200;

const deep = (): never =>
  fail(
    'The condition is nested too deeply. Give and() and or() all of their conditions at once, and write not() once.',
  );

/** What `work` gives, which follows conditions as deep as they go. */
function shallow<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isTooDeep(error)) return deep();
    throw error;
  }
}

/** Appends ` WHERE ...` (or another keyword), or nothing where every row is meant. */
export function whereInto(builder: SqlBuilder, where: unknown, resolve: Resolve, keyword = 'WHERE'): SqlBuilder {
  const every = where instanceof Combination ? where.kind === 'all' : isEmpty(where);
  if (every) return builder;
  builder.add(` ${keyword} `);
  shallow(() => new WhereCompiler(builder, resolve).condition(where));
  return builder;
}

const COMPARISONS: Partial<Record<OperatorKind, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };
const TEXT_FUNCTIONS: Partial<Record<OperatorKind, string>> = {
  startsWith: 'starts_with',
  endsWith: 'suffix',
  contains: 'contains',
};
const LIST_FUNCTIONS: Partial<Record<OperatorKind, string>> = {
  has: 'list_contains',
  hasAny: 'list_has_any',
  hasAll: 'list_has_all',
};

function asOperator({ label }: Operand, condition: unknown): Operator {
  // of a value among operators, `and`, `or` and `not` make what they make of conditions on several columns
  if (condition instanceof Combination)
    return fail(`${label}: ${condition.kind}() on a column takes operators. For a value in it write eq(value).`);
  return condition instanceof Operator ? condition : new Operator('eq', [condition]);
}

/** DuckDB takes a backslash at the end for nothing, and so would match less than is meant. */
function pattern({ label }: Operand, kind: OperatorKind, given: unknown): unknown {
  if (typeof given === 'string' && /(?<!\\)(?:\\\\)*\\$/.test(given))
    fail(`${label}: the pattern of ${kind}() ends with a backslash, which escapes nothing. Double it to match one.`);
  return given;
}

class WhereCompiler {
  #depth = 0;
  #kind: 'and' | 'or' | 'not' | 'at' | undefined;

  constructor(
    private readonly builder: SqlBuilder,
    private readonly resolve: Resolve,
  ) {}

  condition(where: unknown): void {
    if (where instanceof Fragment) {
      this.builder.add('(');
      renderInto(this.builder, where).add(')');
    } else if (where instanceof Combination) this.#combination(where);
    else if (isPlain(where)) this.#columns(where);
    else fail(`A condition is an object of columns, a combination or sql\`...\`, not ${describe(where)}.`);
  }

  #combination({ kind, parts }: Combination): void {
    if (kind === 'all') this.builder.add('TRUE');
    else if (kind === 'not') this.#not(() => this.condition(parts[0]));
    else this.#joined(parts, kind, (part) => this.condition(part));
  }

  #columns(where: Record<string, unknown>): void {
    const entries = Object.entries(where);
    if (entries.length === 0) this.builder.add('TRUE');
    else if (entries.length === 1) this.#column(entries[0] as [string, unknown]);
    else this.#joined(entries, 'and', (entry) => this.#column(entry));
  }

  #column([property, condition]: [string, unknown]): void {
    const operand = this.resolve(property);
    this.#operator(operand, asOperator(operand, condition));
  }

  #joined<T>(parts: readonly T[], kind: 'and' | 'or', each: (part: T) => void): void {
    this.#within(kind, () => this.builder.add('(').list(parts, each, ` ${kind.toUpperCase()} `).add(')'));
  }

  /** `IS NOT TRUE` turns NULL into true, which makes the complement exact. */
  #not(inner: () => void): void {
    this.builder.add('(');
    this.#within('not', inner);
    this.builder.add(') IS NOT TRUE');
  }

  #within(kind: 'and' | 'or' | 'not' | 'at', inner: () => unknown): void {
    const [depth, outer] = [this.#depth, this.#kind];
    this.#kind = kind;
    if (kind !== outer || kind === 'not' || kind === 'at') this.#depth += 1;
    if (this.#depth > DEPTH_MAX) deep();
    inner();
    this.#depth = depth;
    this.#kind = outer;
  }

  #operator(operand: Operand, own: Operator): void {
    const { builder } = this;
    const { kind, operands } = own;
    const [first, second] = operands;
    switch (kind) {
      case 'and':
      case 'or':
        return this.#joined(operands as readonly Operator[], kind, (part) => this.#operator(operand, part));
      case 'not':
        return this.#not(() => this.#operator(operand, first as Operator));
      case 'at': {
        const { property } = operand;
        const part = { ...partOf(builder, operand, first), ...(property && { property }), part: true as const };
        return this.#within(kind, () => this.#operator(part, asOperator(part, second)));
      }
      default:
    }
    if (operand.type.json && (operand.part || kind in LIST_FUNCTIONS)) this.#leaf(jsonOperand(operand, own), own);
    else this.#leaf(operand, own);
  }

  /** An operator that stands for itself. */
  #leaf(operand: Operand, { kind, operands }: Operator): void {
    const { builder } = this;
    const { sql } = operand;
    const [first, second] = operands;
    switch (kind) {
      case 'isNull':
        return void builder.add(`${sql} IS NULL`);
      case 'isNotNull':
        return void builder.add(`${sql} IS NOT NULL`);
      case 'eq':
      case 'ne':
        if (first === null) return void builder.add(`${sql} IS ${kind === 'ne' ? 'NOT ' : ''}NULL`);
        this.#comparable(operand, kind);
        builder.add(kind === 'eq' ? `${sql} = ` : `${sql} IS DISTINCT FROM `);
        return this.#value(operand, first);
      case 'between':
        this.#ordered(operand, kind);
        builder.add(`${sql} BETWEEN `);
        this.#value(operand, first);
        builder.add(' AND ');
        return this.#value(operand, second);
      case 'oneOf':
        this.#comparable(operand, kind);
        builder.add(`${sql} IN (SELECT unnest(`);
        this.#values(operand, first, kind);
        return void builder.add('))');
      case 'noneOf':
        return this.#not(() => this.#leaf(operand, new Operator('oneOf', operands)));
      case 'like':
      case 'ilike':
        this.#text(operand, kind);
        builder.add(`${sql} ${kind.toUpperCase()} `);
        this.#value(operand, pattern(operand, kind, first));
        // without it DuckDB takes the shorter ways that it has for patterns
        if ((first as string).includes('\\')) builder.add(` ESCAPE '\\'`);
        return;
      default:
    }
    const comparison = COMPARISONS[kind];
    if (comparison !== undefined) {
      this.#ordered(operand, kind);
      builder.add(`${sql} ${comparison} `);
      return this.#value(operand, first);
    }
    const textFunction = TEXT_FUNCTIONS[kind];
    if (textFunction !== undefined) {
      this.#text(operand, kind);
      builder.add(`${textFunction}(${sql}, `);
      this.#value(operand, first);
      return void builder.add(')');
    }
    this.#list(operand, kind, first);
  }

  #list(operand: Operand, kind: OperatorKind, first: unknown): void {
    const item = operand.type.item;
    if (item === undefined) return fail(`${operand.label} is ${operand.type.name}: ${kind}() is for lists.`);
    const inner = { ...operand, type: item, as: undefined, label: `an item of ${operand.label}` };
    this.builder.add(`${LIST_FUNCTIONS[kind]}(${operand.sql}, `);
    if (kind === 'has') this.#value(inner, first);
    else this.#values(inner, first, kind);
    this.builder.add(')');
  }

  #value(operand: Operand, value: unknown): void {
    this.builder.parameter(this.#encode(operand, value), operand.type.duckdb);
  }

  #values(operand: Operand, values: unknown, kind: OperatorKind): void {
    if (!Array.isArray(values)) fail(`${operand.label}: ${kind}() takes an array.`);
    const items = (values as readonly unknown[]).map((value) => this.#encode(operand, value));
    this.builder.parameter(new DuckDBListValue(items), LIST(operand.type.duckdb));
  }

  #encode(operand: Operand, value: unknown): ReturnType<SqlType['encode']> {
    if (value === undefined) fail(`${operand.label} is undefined. Leave the property out, or write isNull() for NULL.`);
    if (value === null) fail(`${operand.label}: null stands alone or in eq() and ne(); write isNull() or isNotNull().`);
    try {
      return operand.type.encode(value, operand.as);
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      const hint = Array.isArray(value) ? ' For several values write oneOf([...]).' : '';
      const { property } = operand;
      // the one mistake here that may be that of whoever gave the value, such as an id in a URL
      const details = { reason: 'misfit', ...(property === undefined ? {} : { property }) };
      return fail(`${operand.label} (${operand.type.name}) ${error.message}.${hint}`, details);
    }
  }

  #comparable({ label, type }: Operand, kind: OperatorKind): void {
    if (type.json) fail(`${label} is json: ${kind}() would compare its text. Compare a part of it: at('$.path', ...).`);
  }

  #ordered(operand: Operand, kind: OperatorKind): void {
    this.#comparable(operand, kind);
    if (['boolean', 'list', 'other'].includes(operand.type.family))
      fail(`${operand.label} is ${operand.type.name}, which has no order for ${kind}().`);
  }

  #text({ label, type }: Operand, kind: OperatorKind): void {
    if (type.name !== 'varchar') fail(`${label} is ${type.name}: ${kind}() is for varchar.`);
  }
}
