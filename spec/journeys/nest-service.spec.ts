// The example service as its users have it: a process of its own, asked over HTTP, told to end by SIGTERM, started again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { BacktestResult, PriceBar } from '../../examples/backtest/entities.js';
import { isFree } from '../support/nest.js';
import { openManager, scratchPath } from '../support/scratch.js';

const root = join(import.meta.dirname, '..', '..', '..');

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

interface Service extends AsyncDisposable {
  readonly url: string;
  readonly log: readonly string[];
  readonly ask: (path: string, init?: RequestInit) => Promise<Answer>;
  /** SIGTERM; gives how it ended */
  end(): Promise<{ readonly code: number | null; readonly signal: string | null; readonly stderr: string }>;
}

async function startService(path: string, env: Readonly<Record<string, string>> = {}): Promise<Service> {
  const child = spawn(process.execPath, [join(root, 'dist', 'examples', 'nest-service', 'main.js')], {
    env: { ...process.env, PORT: '0', BACKTEST_DB_PATH: path, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode, stderr }));
  const log: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      log.push(line);
      if (line.startsWith('listening on ')) resolve(line.slice('listening on '.length));
    });
    void ended.then(() => reject(new Error(`the service did not start: ${stderr}`)));
  });
  return {
    url,
    log,
    ask: async (to, init = {}) => {
      const answer = await fetch(`${url}/${to}`, init);
      return { status: answer.status, headers: answer.headers, body: await answer.json() };
    },
    async end() {
      child.kill('SIGTERM');
      return ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const post = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const backtest = {
  id: '019a0000-0000-7000-8000-000000000000', strategyId: 'best-ever', userId: 'erin', startDate: '2020-01-02', endDate: '2020-12-30', totalReturn: 9.5, sharpeRatio: 3,
  maxDrawdown: 0.1, trades: [{ bought: '2020-01-02', sold: '2020-12-30', buyPrice: 1, sellPrice: 10.5, profit: 9.5 }],
}; // prettier-ignore
const ENDED = { code: null, signal: 'SIGTERM', stderr: '' };

describe('the example service on Nest', () => {
  it('answers over HTTP, and serves what it has after a restart, the cached answers too', async () => {
    const path = scratchPath();
    await using service = await startService(path, { LOG_LEVEL: 'debug' });
    const { ask } = service;

    const top = await ask('backtests/top?limit=2');
    expect(top.status).to.equal(200);
    const [best] = top.body as Record<string, unknown>[];
    expect(best).to.include({ strategyId: 'sma-10-180', backtests: 4 });
    expect(best?.['avgReturn']).to.be.closeTo(0.8618, 0.0001);
    expect((await ask('backtests/top?limit=2')).body).to.deep.equal(top.body);
    expect((await ask('stats')).body).to.include({ loads: 1, hits: 1 });

    // pages: the filters hold, and the cursor goes on where the page ended
    const page = (await ask('backtests?limit=2&userId=bob&minSharpe=0.5')).body as { rows: { id: string; userId: string; sharpeRatio: number; totalReturn: number }[]; next: string }; // prettier-ignore
    const next = (await ask(`backtests?limit=2&userId=bob&minSharpe=0.5&after=${page.next}`)).body as typeof page;
    const rows = [...page.rows, ...next.rows];
    expect(new Set(rows.map(({ id }) => id)).size).to.equal(4);
    expect(rows.every((row) => row.userId === 'bob' && row.sharpeRatio >= 0.5)).to.equal(true);
    expect(rows.map((row) => row.totalReturn)).to.deep.equal(rows.map((row) => row.totalReturn).toSorted((a, b) => b - a)); // prettier-ignore

    // what is wrong is told by a status: by the form, by the database
    const invalid = { ...backtest, maxDrawdown: 'deep' };
    // prettier-ignore
    const refused: readonly (readonly [string, RequestInit | undefined, number, string | undefined])[] = [
      ['backtests?limit=0', undefined, 400, undefined],
      ['backtests?nonsense=1', undefined, 400, undefined],
      ['backtests?after=nonsense', undefined, 400, undefined],
      ['backtests/nonsense', undefined, 400, undefined],
      [`backtests/${backtest.id}`, undefined, 404, 'E_NOT_FOUND'],
      ['backtests', post(invalid), 400, undefined],
      ['backtests', post({ ...backtest, startDate: '2020-01-02T10:00:00Z' }), 400, 'E_CONVERSION'],
      ['nowhere', undefined, 404, undefined],
    ];
    for (const [to, init, status, code] of refused) {
      const { status: answered, body } = await ask(to, init);
      expect([to, answered, (body as { code?: string }).code]).to.deep.equal([to, status, code]);
    }
    expect(((await ask('backtests', post({ ...backtest, startDate: '2020-01-02T10:00:00Z' }))).body as { message: string }).message).to.include('BacktestResult.startDate'); // prettier-ignore

    // an insert ends the cached answer; a second one is refused
    const inserted = await ask('backtests', post(backtest));
    expect(inserted.status).to.equal(201);
    expect(inserted.body).to.deep.include({ ...backtest, startDate: '2020-01-02T00:00:00.000Z', endDate: '2020-12-30T00:00:00.000Z' }); // prettier-ignore
    expect(await ask('backtests', post(backtest))).to.deep.include({ status: 409 });
    expect(((await ask('backtests/top?limit=2')).body as object[])[0]).to.deep.equal({ strategyId: 'best-ever', backtests: 1, avgReturn: 9.5, avgSharpe: 3 }); // prettier-ignore

    const csv = async (query: string): Promise<string> => (await fetch(`${service.url}/prices.csv?${query}`)).text();
    expect(await csv('to=2000-01-04')).to.equal(
      'day,open,high,low,close,volume\n2000-01-03,1469.250000,1478.000000,1438.359985,1455.219971,931800000\n2000-01-04,1455.219971,1455.219971,1397.430054,1399.420044,1009000000\n',
    );
    expect(await csv('from=2100-01-01')).to.equal('day,open,high,low,close,volume\n');
    const health = await ask('health');
    expect([health.status, (health.body as { details: object }).details]).to.deep.equal([
      200,
      { database: { status: 'up', mode: 'file', pool: { size: 3, busy: 0, waiting: 0 }, pending: 0, conflicts: 0 } },
    ]);

    // the caller's id is on what is logged for it, and on nothing else; a strange one is not taken
    const known = await ask('backtests?limit=3', { headers: { 'x-correlation-id': 'order-66' } });
    expect(known.headers.get('x-correlation-id')).to.equal('order-66');
    const strange = await ask('backtests?limit=3', { headers: { 'x-correlation-id': 'a b"c' } });
    expect(strange.headers.get('x-correlation-id')).to.match(/^[\da-f-]{36}$/);
    const tied = (): string[] => service.log.filter((line) => line.includes('"correlation_id":"order-66"'));
    await eventually(async () => (await ask('stats')).status === 200 && tied().length > 0);
    expect(tied().every((line) => line.includes('backtest_results'))).to.equal(true);

    expect(await service.end()).to.deep.equal(ENDED);
    expect(existsSync(`${path}.wal`)).to.equal(false);
    expect(await isFree(path)).to.equal(true);

    await using again = await startService(path);
    expect((await again.ask('backtests/top?limit=2')).body).to.deep.include({ strategyId: 'best-ever', backtests: 1, avgReturn: 9.5, avgSharpe: 3 }); // prettier-ignore
    expect((await again.ask('stats')).body).to.include({ loads: 0, tierHits: 1 });
    expect((await again.ask(`backtests/${backtest.id}`)).body).to.deep.include({ strategyId: 'best-ever', trades: backtest.trades }); // prettier-ignore
    expect(await again.end()).to.deep.equal(ENDED);
  });

  it('streams any number of rows in bounded memory, no faster than they are read, and stops when nobody does', async () => {
    const path = scratchPath();
    const BARS = 300_000;
    const db = await openManager({ path, entities: [BacktestResult, PriceBar] });
    await db.execute(sql`insert into ${PriceBar} select date '1000-01-01' + i::integer, 1, 2, 0.5, 1.5, i from range(${BARS}) t(i)`); // prettier-ignore
    await db.repository(BacktestResult).insert({ ...backtest, startDate: new Date(backtest.startDate), endDate: new Date(backtest.endDate) }); // prettier-ignore
    await db.close();

    // all of the rows at once would need several times this
    await using service = await startService(path, { NODE_OPTIONS: '--max-old-space-size=96' });
    const busy = async (): Promise<number> => {
      const { body } = await service.ask('health');
      return (body as { details: { database: { pool: { busy: number } } } }).details.database.pool.busy;
    };
    const slow = await firstOf(`${service.url}/prices.csv`);
    expect(await busy()).to.equal(1);

    // another client, who began later, has all of it, while the slow one still has its rows before it
    let [lines, text] = [0, ''];
    for await (const chunk of (await fetch(`${service.url}/prices.csv`)).body as ReadableStream<Uint8Array>) {
      text = Buffer.from(chunk).toString('latin1');
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
    }
    expect(lines).to.equal(BARS + 1);
    expect(text.endsWith(`,${BARS - 1}\n`)).to.equal(true);
    expect(await busy()).to.equal(1);

    slow.destroy();
    await eventually(async () => (await busy()) === 0);

    // an end of the service does not wait for a client, and does not look like the end of the rows
    const cut = await firstOf(`${service.url}/prices.csv`);
    const failed = once(cut, 'error');
    expect(await service.end()).to.deep.equal(ENDED);
    cut.resume();
    expect(((await failed)[0] as NodeJS.ErrnoException).code).to.equal('ECONNRESET');
    expect(await isFree(path)).to.equal(true);
  });
});

/** Asks until it is so; each time takes a request. A loop without an end would keep a run that has failed from its own. */
async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (let asked = 0; asked < 5000; asked += 1) if (await condition()) return;
  throw new Error('it never came to be so');
}

/** An answer of which the first chunk was read, and no more. */
async function firstOf(url: string): Promise<IncomingMessage> {
  const [answer] = (await once(get(url), 'response')) as [IncomingMessage];
  await once(answer, 'readable');
  answer.read();
  answer.pause();
  return answer;
}
