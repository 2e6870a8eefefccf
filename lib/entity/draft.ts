// What decorators note down about a class while it is being defined. Not here: any judgement; schema.ts makes it when
// @Table has seen everything.
import 'reflect-metadata';
import { DatabaseError } from '../errors.js';
import type { ColumnType } from './property-type.js';

/** Which kind of decorators the class was compiled with. */
export type DecoratorMode = 'legacy' | 'standard';

export interface ColumnNote {
  readonly type: ColumnType | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  readonly mode: DecoratorMode;
  /** what the compiler emitted as `design:type` */
  readonly design: unknown;
  /** an `accessor` property, whose value lives in a private field */
  readonly accessor: boolean;
}

export interface IndexNote {
  readonly properties: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

export interface TableNote {
  readonly name: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The notes of one class; those of its base classes are copied in when it begins. */
export interface Draft {
  readonly columns: Map<string, ColumnNote>;
  readonly indexes: IndexNote[];
  table: TableNote | undefined;
  cachedMs: number | undefined;
}

// Symbol.metadata is in no Node yet, and compiled standard decorators read it when the class is defined
(Symbol as { metadata?: symbol }).metadata ??= Symbol.for('Symbol.metadata');

const DRAFT = Symbol.for('@mysingle/database.draft');

/** The draft kept on `holder`: the constructor in legacy mode, `context.metadata` in standard mode. Both inherit. */
export function draftOn(holder: object): Draft {
  const held = holder as { [DRAFT]?: Draft };
  if (Object.hasOwn(holder, DRAFT)) return held[DRAFT] as Draft;
  const base = held[DRAFT];
  const own: Draft = {
    columns: new Map(base?.columns),
    indexes: [...(base?.indexes ?? [])],
    table: undefined,
    cachedMs: base?.cachedMs,
  };
  Object.defineProperty(holder, DRAFT, { value: own });
  return own;
}

/** The second argument of a standard decorator; legacy decorators get a property key there. */
export function isContext(value: unknown): value is DecoratorContext {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { kind?: unknown }).kind === 'string' &&
    'name' in value
  );
}

export function draftOf(context: DecoratorContext, decorator: string): Draft {
  const metadata: object | undefined = context.metadata;
  if (metadata === undefined) {
    throw new DatabaseError(
      'E_DECLARATION',
      `${decorator} on ${String(context.name)}: this build emits standard decorators without decorator metadata. ` +
        'Import @mysingle/database before the decorated class, or set "experimentalDecorators": true.',
    );
  }
  return draftOn(metadata);
}

/** `design:type` of a property, where the compiler emitted it. */
export function designType(prototype: object, property: string): unknown {
  return Reflect.getMetadata('design:type', prototype, property) as unknown;
}
