// How DuckDB runs a statement. Not here: reading its plan (sql/explanation.ts).
import type { Engine } from '../engine/engine.js';
import { readResult } from '../engine/result.js';
import { DatabaseError } from '../errors.js';
import { CALL_OPTIONS, limited, within, type CallOptions, type Limit } from '../limit.js';
import { explainStatement, explanationOf, type Explanation } from '../sql/explanation.js';
import { parameterOf } from '../sql/parameter.js';
import { knownOptions } from '../sql/select.js';
import type { Statement } from '../sql/statement.js';
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
  return limited(options, 'explain', reader.queryTimeoutMs, async (limit) => {
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
  if (analyze && !(await isSelect(engine, statement, limit)))
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
  return explanationOf(statement, columns[1]?.[0], estimates);
}

/** DuckDB turns SELECTs alone into JSON. */
async function isSelect(engine: Engine, { text }: Statement, limit: Limit | undefined): Promise<boolean> {
  const asked = {
    text: "SELECT json_extract_string(json_serialize_sql($1::VARCHAR), '$.error') = 'false'",
    parameters: [parameterOf(text)],
    reads: [],
    writes: [],
  };
  return (await engine.collect(asked, readResult, limit)).columns[0]?.[0] === true;
}
