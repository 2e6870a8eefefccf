// How DuckDB runs a statement. Not here: reading its plan (sql/explanation.ts).
import type { Engine } from '../engine/engine.js';
import { readResult } from '../engine/result.js';
import { DatabaseError } from '../errors.js';
import { CALL_OPTIONS, limited, within, type CallOptions, type Limit } from '../limit.js';
import { NAMES, explainStatement, explanationOf, mentionsQuoted, type Explanation } from '../sql/explanation.js';
import { parameterOf } from '../sql/parameter.js';
import { knownOptions } from '../sql/select.js';
import type { Parameter, Statement } from '../sql/statement.js';
import { found } from './find.js';
import type { Reader } from './reader.js';

/** Options of `explain`. */
export interface ExplainOptions extends CallOptions {
  /** run it, and tell how many rows each operator gave and how long it took; default false */
  readonly analyze?: boolean;
}

export const EXPLAIN_OPTIONS: readonly string[] = ['analyze', ...CALL_OPTIONS];

function analyzes({ analyze = false }: ExplainOptions): boolean {
  if (typeof analyze !== 'boolean') throw new DatabaseError('E_QUERY', 'explain: analyze is true or false.');
  return analyze;
}

/** A SELECT of this library's own. */
export function explainFind(reader: Reader, find: object, options: ExplainOptions): Promise<Explanation> {
  knownOptions(options, EXPLAIN_OPTIONS, 'explain');
  const { statement } = found(reader, find);
  return limited(options, 'explain', reader.queryTimeoutMs, reader.schema, async (limit) => {
    const { engine } = await within(limit, reader.open());
    return explain(engine, statement, analyzes(options), true, limit);
  });
}

/** Any SQL: what would write is not run. */
export async function explainRaw(
  engine: Engine,
  statement: Statement,
  options: ExplainOptions,
  limit: Limit | undefined,
): Promise<Explanation> {
  const analyze = analyzes(options);
  if (analyze && (await ask(engine, IS_SELECT, [parameterOf(statement.text)], limit))[0] !== true)
    throw new DatabaseError(
      'E_QUERY',
      'explain: with analyze the statement is run, so it is one SELECT. Leave analyze out for what writes.',
    );
  return explain(engine, statement, analyze, false, limit);
}

async function explain(
  engine: Engine,
  statement: Statement,
  analyze: boolean,
  estimates: boolean,
  limit: Limit | undefined,
): Promise<Explanation> {
  const { columns } = await engine.collect(explainStatement(statement, analyze), readResult, limit);
  const names = (await ask(engine, NAMES, [], limit)) as string[];
  const details = ![statement.text, ...names].some(mentionsQuoted);
  return explanationOf(statement, columns[1]?.[0], { estimates, details });
}

/** DuckDB turns SELECTs alone into JSON. */
const IS_SELECT = "SELECT json_extract_string(json_serialize_sql($1::VARCHAR), '$.error') = 'false'";

/** The first column of what it gives. */
async function ask(
  engine: Engine,
  text: string,
  parameters: readonly Parameter[],
  limit: Limit | undefined,
): Promise<readonly unknown[]> {
  const { columns } = await engine.collect(
    { text, parameters, reads: [], writes: [], internal: true },
    readResult,
    limit,
  );
  return columns[0] ?? [];
}
