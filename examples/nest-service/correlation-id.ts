// The id that ties what is logged for a request together: the caller's, or a new one.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import { withContext } from '@mysingle/database';

@Injectable()
export class CorrelationId implements NestMiddleware {
  use(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    const { 'x-correlation-id': given } = request.headers;
    // it goes into logs, so not whatever a stranger writes there
    const correlationId = typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
    response.setHeader('x-correlation-id', correlationId);
    withContext({ correlationId }, next);
  }
}
