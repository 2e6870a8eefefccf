// Answers as JSON can carry them: bigint, dates, bytes, maps. Not here: how (toJsonSerializable).
import {
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { toJsonSerializable } from '../index.js';

/**
 * Gives what controllers return over HTTP as plain JSON data, by `toJsonSerializable`: rows with `bigint` columns, which JSON has
 * no form for, and `Map`, `Set` and bytes, of which it would leave nothing. Streams and files are left alone.
 *
 * @example \@Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: DuckDBJsonInterceptor }] }) class AppModule {}
 */
@Injectable()
export class DuckDBJsonInterceptor implements NestInterceptor {
  /** Called by Nest. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const answers = next.handle() as Observable<unknown>;
    return context.getType() === 'http' ? answers.pipe(map(asJson)) : answers;
  }
}

function asJson(answer: unknown): unknown {
  return answer === undefined || isStream(answer) ? answer : toJsonSerializable(answer);
}

function isStream(answer: unknown): boolean {
  if (answer instanceof StreamableFile) return true;
  return typeof answer === 'object' && answer !== null && typeof (answer as { pipe?: unknown }).pipe === 'function';
}
