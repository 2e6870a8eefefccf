// Rows as CSV over HTTP. A failure never looks like the end: before the first line it has a status of its own, after it the
// connection is cut off.
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type EntityClass, columnsOf, isDatabaseError, toJsonSerializable } from '@mysingle/database';

export async function sendCsv<E extends object>(
  entity: EntityClass<E>,
  rows: AsyncIterable<E>,
  response: ServerResponse,
): Promise<void> {
  const columns = columnsOf(entity).map((column) => column.property as keyof E);
  const iterator = rows[Symbol.asyncIterator]();
  const first = await iterator.next();
  response.setHeader('content-type', 'text/csv; charset=utf-8');
  async function* lines(): AsyncGenerator<string, void> {
    yield `${columns.join()}\n`;
    for await (const row of startingWith(first, iterator)) yield `${columns.map((name) => cell(row[name])).join()}\n`;
  }
  try {
    // asks for a line when the client has taken those before; ends the rows where it goes away
    await pipeline(lines, response);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function* startingWith<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T, void> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** A client that went away: the signal has interrupted the query, or the connection ended first. */
const isGone = (error: unknown): boolean =>
  isDatabaseError(error, 'E_ABORTED') || (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE';

function cell(value: unknown): string {
  const plain = value instanceof Date ? value.toISOString().slice(0, 10) : toJsonSerializable(value);
  const text = typeof plain === 'string' ? plain : plain === null ? '' : JSON.stringify(plain);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
