// Errors of the database as answers over HTTP. Not here: what a code means (errors.ts).
import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { DatabaseError, ERROR_CODES, type ErrorCode } from '../index.js';

/** What is not here is 500: a mistake of the service. */
const STATUS: Partial<Readonly<Record<ErrorCode, number>>> = {
  E_VALIDATION: 400,
  E_CONVERSION: 400,
  E_NOT_NULL: 400,
  E_CHECK: 400,
  E_NOT_FOUND: 404,
  E_UNIQUE: 409,
  E_FOREIGN_KEY: 409,
  E_CONFLICT: 409,
  E_LOCKED: 503,
  E_CLOSED: 503,
  E_ABORTED: 503,
  E_INVALIDATED: 503,
  E_OUT_OF_MEMORY: 503,
  E_READ_ONLY: 503,
  E_TIMEOUT: 504,
  E_DISK_FULL: 507,
};

/**
 * Answers a request that failed by a `DatabaseError` with the status of its code, and `{ statusCode, error, code, message }`.
 *
 * 400 `E_VALIDATION E_CONVERSION E_NOT_NULL E_CHECK`, and `E_QUERY` where a value in a condition does not fit its column · 404 `E_NOT_FOUND` · 409 `E_UNIQUE E_FOREIGN_KEY E_CONFLICT` · 503 `E_LOCKED
 * E_CLOSED E_ABORTED E_INVALIDATED E_OUT_OF_MEMORY E_READ_ONLY` · 504 `E_TIMEOUT` · 507 `E_DISK_FULL` · 500 all others, any other
 * `E_QUERY` among them, which is a mistake in the code far more often than in a request.
 *
 * Up to 499 the message is the error's, which tells what to mend. From 500 it is what the code means and no more, and the error is
 * logged, with the lines of the service that led to it: in its own words where this library wrote them, else by what its code means,
 * since DuckDB's words may repeat values. An answer that has begun is cut off, since it would look complete if it were ended.
 * Other errors, and other transports than HTTP, are left alone.
 *
 * @example \@Module({ providers: [{ provide: APP_FILTER, useClass: DuckDBExceptionFilter }] }) class AppModule {}
 * @example app.useGlobalFilters(new DuckDBExceptionFilter(app.getHttpAdapter()));
 */
@Catch(DatabaseError)
export class DuckDBExceptionFilter extends BaseExceptionFilter<DatabaseError> {
  readonly #logger = new Logger('DuckDBExceptionFilter');

  /** Called by Nest. */
  override catch(error: DatabaseError, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const statusCode = this.statusOf(error);
    const meaning = ERROR_CODES.get(error.code) ?? error.code;
    if (statusCode >= 500)
      this.#logger.error(`${error.code}: ${isOwn(error) ? error.message : meaning}`, framesOf(error));
    const message = statusCode >= 500 ? meaning : error.message;
    if (cutOff(host)) return;
    const body = { statusCode, error: STATUS_CODES[statusCode] ?? 'Error', code: error.code, message };
    // oxlint-disable-next-line promise/valid-params, promise/no-promise-in-callback -- a filter is no promise
    super.catch(new HttpException(body, statusCode, { cause: error }) as never, host);
  }

  /**
   * The status of an error. Override it for another one.
   *
   * @example
   * class Statuses extends DuckDBExceptionFilter {
   *   protected override statusOf(error: DatabaseError) { return error.code === 'E_CHECK' ? 422 : super.statusOf(error); }
   * }
   */
  protected statusOf(error: DatabaseError): number {
    // a file of the service's own that is not there is nothing that the request asked for
    if (error.code === 'E_NOT_FOUND' && 'path' in error.details) return 500;
    // an id in a URL that is none: in a condition, where a body has E_CONVERSION
    if (error.code === 'E_QUERY' && error.details['reason'] === 'misfit') return 400;
    return STATUS[error.code] ?? 500;
  }
}

/** An answer that has begun cannot tell of an error any more. Ended, it would look whole; so its connection is cut off. */
function cutOff(host: ArgumentsHost): boolean {
  const response = host.switchToHttp().getResponse<Response & { readonly raw?: Response }>();
  // a reply of Fastify has it within
  const raw = response.raw ?? response;
  if (raw.headersSent !== true) return false;
  raw.destroy?.();
  return true;
}

interface Response {
  readonly headersSent?: boolean;
  destroy?(): void;
}

/** The folder of this package as frames of stacks have it; undefined in a bundle, where nothing tells what is of this library. */
const PACKAGE = /(?:\(|at )(?:file:\/\/)?(\S[^\n(]*?)(?:dist[\\/])?lib[\\/]nestjs[\\/]exception-filter\.[jt]s:\d/.exec(new Error('here').stack ?? '')?.[1]; // prettier-ignore

/** With source maps, which may be turned on at any time, frames are of `lib`, and else of `dist/lib`. */
function isOfLibrary(frame: string): boolean {
  const [, ...behind] = PACKAGE === undefined ? [] : frame.split(PACKAGE);
  return /^(?:dist[\\/])?lib[\\/]/.test(behind[0] ?? '');
}

const stackOf = (error: Error): string[] => (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));

/**
 * Whether this library wrote the message, which names properties and options then, and no values: DuckDB's words come with a cause or
 * the statement, and an error that the service has made itself is thrown elsewhere.
 */
function isOwn(error: DatabaseError): boolean {
  if ((STATUS[error.code] ?? 500) < 500 || error.cause !== undefined || 'sql' in error.details) return false;
  return isOfLibrary(stackOf(error)[0] ?? '');
}

/** Where it was thrown, without its message: the frames of the service, or all where none of it is among them. */
function framesOf(error: Error): string {
  const all = stackOf(error);
  const own = all.filter((frame) => !isOfLibrary(frame));
  return (own.length > 0 ? own : all).join('\n');
}
