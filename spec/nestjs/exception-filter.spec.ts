import { Controller, Get, Logger, Param, Res, type ArgumentsHost, type LoggerService } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  Column,
  DatabaseError,
  ERROR_CODES,
  Table,
  sql,
  type BaseDuckDBManager,
  type ErrorCode,
} from '@mysingle/database';
import { DuckDBExceptionFilter, DuckDBModule, InjectManager } from '@mysingle/database/nestjs';
import { failure } from '../support/failure.js';
import { boot, moduleOf } from '../support/nest.js';

@Table('filter_trade')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { check: sql`length(symbol) < 5` }) symbol!: string;
  @Column('decimal(9,2)') price!: string;
}

const EXPECTED: Readonly<Record<ErrorCode, number>> = {
  E_CONFIG: 500, E_DECLARATION: 500, E_SCHEMA_DRIFT: 500, E_LOCKED: 503, E_NOT_FOUND: 404, E_UNIQUE: 409, E_NOT_NULL: 400, E_CHECK: 400, E_FOREIGN_KEY: 409,
  E_CONVERSION: 400, E_VALIDATION: 400, E_QUERY: 500, E_CONFLICT: 409, E_TX_ABORTED: 500, E_TIMEOUT: 504, E_ABORTED: 503, E_OUT_OF_MEMORY: 503, E_DISK_FULL: 507,
  E_CORRUPT: 500, E_READ_ONLY: 503, E_INVALIDATED: 503, E_CLOSED: 503, E_PERMISSION: 500, E_UNSUPPORTED: 500, E_CACHE_UNBOUND: 500, E_UNKNOWN: 500,
}; // prettier-ignore

@Controller()
class FailingController {
  constructor(@InjectManager() readonly db: BaseDuckDBManager) {}

  @Get('code/:code')
  code(@Param('code') code: ErrorCode): never {
    throw new DatabaseError(code, 'the secret value');
  }

  @Get('real/:what')
  async real(@Param('what') what: string): Promise<unknown> {
    const trades = this.db.repository(Trade);
    const trade = { id: 1, symbol: 'AAPL', price: '1.50' };
    if (what === 'unique') await trades.insert(trade);
    if (what === 'none') return trades.findOneOrFail({ where: { id: 9 } });
    if (what === 'file') return trades.importFrom('no-such-file.csv');
    if (what.startsWith('id-')) return (await trades.findById(what)) ?? {};
    if (what === 'property') return trades.find({ where: { secrte: 'secret' } as never });
    if (what === 'cast') return this.db.query(sql`select ${'secret'}::integer, nosuch`);
    if (what === 'late')
      return trades.find({ timeout: '1ms', where: sql`(select sum(range) from range(1e10::bigint)) > 0` });
    const changes = { check: { symbol: 'TOO LONG' }, decimal: { price: '1.555' }, missing: { symbol: undefined }, strange: { what } }; // prettier-ignore
    return trades.insert({ ...trade, ...changes[what as keyof typeof changes] } as Trade);
  }

  @Get('other')
  other(): never {
    throw new Error('not of the database');
  }

  @Get('begun')
  async begun(@Res() response: { write(text: string, written: () => void): void }): Promise<never> {
    await new Promise<void>((resolve) => response.write('1,2,3\n', resolve));
    throw new DatabaseError('E_CLOSED', 'in the middle');
  }
}

const imports = [DuckDBModule.forRoot({ path: ':memory:', logger: false, entities: [Trade] })];

async function withUrl(
  providers: object[],
  use: (
    ask: (path: string) => Promise<{ status: number; body: Record<string, unknown> }>,
    url: string,
  ) => Promise<void>,
): Promise<void> {
  await using running = await boot({ imports, controllers: [FailingController], providers: providers as [] }, true);
  const url = await running.app.getUrl();
  await use(async (path) => {
    const answer = await fetch(`${url}/${path}`);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }, url);
}

const filter = [{ provide: APP_FILTER, useClass: DuckDBExceptionFilter }];

describe('DuckDBExceptionFilter', () => {
  it('has a status for every code, tells what to mend up to 499, and no more than the code means from 500', async () => {
    expect(Object.keys(EXPECTED).toSorted()).to.deep.equal([...ERROR_CODES.keys()].toSorted());
    await withUrl(filter, async (ask) => {
      for (const [code, status] of Object.entries(EXPECTED)) {
        const answer = await ask(`code/${code}`);
        expect([code, answer.status]).to.deep.equal([code, status]);
        expect(answer.body).to.include({ statusCode: status, code });
        expect(answer.body['message']).to.equal(status < 500 ? 'the secret value' : ERROR_CODES.get(code as ErrorCode));
      }
      expect((await ask('code/E_UNIQUE')).body['error']).to.equal('Conflict');
    });
  });

  it('answers what really fails', async () => {
    await withUrl(filter, async (ask) => {
      // prettier-ignore
      const cases = [
        ['check', 400, 'E_CHECK'], ['decimal', 400, 'E_CONVERSION'], ['missing', 400, 'E_NOT_NULL'], ['strange', 400, 'E_VALIDATION'], ['none', 404, 'E_NOT_FOUND'],
        ['late', 504, 'E_TIMEOUT'], ['id-x', 400, 'E_QUERY'], ['property', 500, 'E_QUERY'], ['cast', 500, 'E_QUERY'],
        // a file of the service's own: its path is nobody's business
        ['file', 500, 'E_NOT_FOUND'],
      ] as const;
      for (const [what, status, code] of cases) {
        const { body } = await ask(`real/${what}`);
        expect(body).to.include({ statusCode: status, code });
        expect(JSON.stringify(body)).not.to.include('no-such-file');
      }
      expect((await ask('real/id-x')).body['message']).to.equal('Trade.id (integer) expects an integer, got a string.');
      expect((await ask('real/decimal')).body['message']).to.include('Trade.price');
      await ask('real/fine');
      expect((await ask('real/unique')).body).to.include({ statusCode: 409, code: 'E_UNIQUE' });
    });
  });

  it('leaves other errors to Nest, and other transports their errors', async () => {
    await withUrl(filter, async (ask) => {
      expect(await ask('other')).to.deep.equal({ status: 500, body: { statusCode: 500, message: 'Internal server error' } }); // prettier-ignore
      expect((await ask('nowhere')).status).to.equal(404);
    });
    const error = new DatabaseError('E_UNIQUE', 'x');
    const host = { getType: () => 'rpc' } as unknown as ArgumentsHost;
    expect(await failure(() => new DuckDBExceptionFilter().catch(error, host))).to.equal(error);
  });

  it('cuts off an answer that has begun, which would look complete otherwise', async () => {
    await withUrl(filter, async (_ask, url) => {
      const read = async (): Promise<string> => (await fetch(`${url}/begun`)).text();
      // before or after the headers have arrived
      expect(await read().catch((error: unknown) => (error as Error).message)).to.be.oneOf(['terminated', 'fetch failed']); // prettier-ignore
    });
  });

  it('logs from 500 on, without what the error may repeat', async () => {
    const lines: string[] = [];
    const write = (...said: unknown[]): void => void lines.push(said.join(' '));
    const logger: LoggerService = { log: () => {}, warn: write, error: write };
    await using running = await boot({ imports, controllers: [FailingController], providers: filter }, true);
    Logger.overrideLogger(logger);
    try {
      const url = await running.app.getUrl();
      for (const code of ['E_QUERY', 'E_UNIQUE']) await fetch(`${url}/code/${code}`);
      for (const what of ['property', 'cast']) await fetch(`${url}/real/${what}`);
    } finally {
      Logger.overrideLogger(false);
    }
    expect(lines.length).to.equal(3);
    const [own, ours, duckdb] = lines as [string, string, string];
    expect(own).to.match(/^E_QUERY: a query is wrong\s+at FailingController\.code/);
    // what the library wrote is told, and by whom it was called, however deep it was
    expect(ours).to.match(/^E_QUERY: Trade has no column "secrte"\. Columns: .*\s+at [^\n]*FailingController\.real/);
    expect(ours).not.to.match(/at .*lib.(?:sql|reading)/);
    expect(duckdb).to.match(/^E_QUERY: a query is wrong\s+at /);
    for (const line of lines) expect(line).not.to.include('secret');
  });

  it('can be made by hand, and with a status of your own', async () => {
    class Own extends DuckDBExceptionFilter {
      protected override statusOf(error: DatabaseError): number {
        return error.code === 'E_CHECK' ? 422 : super.statusOf(error);
      }
    }
    await withUrl([{ provide: APP_FILTER, useClass: Own }], async (ask) => {
      expect((await ask('code/E_CHECK')).body).to.include({ statusCode: 422, error: 'Unprocessable Entity' });
      expect((await ask('code/E_UNIQUE')).status).to.equal(409);
    });
    const app = await NestFactory.create(moduleOf({ imports, controllers: [FailingController] }), { logger: false });
    app.useGlobalFilters(new DuckDBExceptionFilter(app.getHttpAdapter()));
    await app.listen(0, '127.0.0.1');
    const { status } = await fetch(`${await app.getUrl()}/code/E_UNIQUE`);
    await app.close();
    expect(status).to.equal(409);
  });
});
