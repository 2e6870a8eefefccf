import { Controller, Get, Injectable } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule, type HealthIndicatorResult } from '@nestjs/terminus';
import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, Table, managerToken, type Health } from '@mysingle/database';
import { DuckDBHealthIndicator, DuckDBModule, type DuckDBHealthResult } from '@mysingle/database/nestjs';
import { holdFile } from '../support/child.js';
import { failure } from '../support/failure.js';
import { boot } from '../support/nest.js';
import { scratchPath } from '../support/scratch.js';
import { until } from '../support/until.js';

@Table('health_note')
class Note {
  @Column('integer', { primaryKey: true }) id!: number;
}

/** A controller of terminus, as users write it. */
@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly duckdb: DuckDBHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.duckdb.isHealthy('database')]);
  }

  @Get('strict')
  @HealthCheck()
  strict() {
    return this.health.check([() => this.duckdb.isHealthy('database', { degraded: 'down' })]);
  }
}

const pool = { size: 3, busy: 0, waiting: 0 };
const idle = { pool, pending: 0, conflicts: 0 };

describe('DuckDBHealthIndicator', () => {
  it('answers over HTTP by terminus: up with details while the file is there', async () => {
    const path = scratchPath();
    const imports = [TerminusModule.forRoot({ logger: false }), DuckDBModule.forRoot({ path, logger: false, entities: [Note] })]; // prettier-ignore
    await using running = await boot({ imports, controllers: [HealthController] }, true);
    const answer = await fetch(`${await running.app.getUrl()}/health`);
    const database = { status: 'up', mode: 'file', ...idle };
    expect([answer.status, await answer.json()]).to.deep.equal([200, { status: 'ok', info: { database }, error: {}, details: { database } }]); // prettier-ignore

    await running.get<BaseDuckDBManager>(managerToken()).close();
    const closed = await fetch(`${await running.app.getUrl()}/health`);
    const down = { status: 'down', ...idle };
    expect([closed.status, await closed.json()]).to.deep.equal([503, { status: 'error', info: {}, error: { database: down }, details: { database: down } }]); // prettier-ignore
  });

  it('is up in fallback with what is pending, down where that is asked for, and as before when the lock is free', async () => {
    const path = scratchPath();
    const holder = await holdFile(path);
    const imports = [TerminusModule.forRoot({ logger: false }), DuckDBModule.forRoot({ path, logger: false, entities: [Note] })]; // prettier-ignore
    await using running = await boot({ imports, controllers: [HealthController] }, true);
    await running.get<BaseDuckDBManager>(managerToken()).repository(Note).insert({ id: 1 });
    const url = `${await running.app.getUrl()}/health`;
    const [lenient, strict] = [await fetch(url), await fetch(`${url}/strict`)];
    expect([lenient.status, strict.status]).to.deep.equal([200, 503]);
    const { details } = (await lenient.json()) as { details: { database: DuckDBHealthResult[string] } };
    expect(details.database).to.deep.include({ status: 'up', mode: 'fallback', conflicts: 0 });
    expect(details.database.pending).to.be.greaterThan(0);
    await holder.kill();
    await until(async () => (await fetch(`${url}/strict`)).status === 200);
  });

  it('needs no terminus, and finds a manager by its name', async () => {
    @Injectable()
    class Probe {
      constructor(readonly duckdb: DuckDBHealthIndicator) {}
    }
    const memory = { path: ':memory:', logger: false } as const;
    await using running = await boot({ imports: [DuckDBModule.forRoot(memory), DuckDBModule.forRoot({ ...memory, name: 'archive' })], providers: [Probe] }); // prettier-ignore
    const { duckdb } = running.get<Probe>(Probe);
    const up = { status: 'up', mode: 'memory', ...idle };
    expect(await duckdb.isHealthy()).to.deep.equal({ duckdb: up });
    expect(await duckdb.isHealthy('db', { name: 'archive', degraded: 'down' })).to.deep.equal({ db: up });
    await running.get<BaseDuckDBManager>(managerToken('archive')).close();
    expect(await duckdb.isHealthy('db', { name: 'archive' })).to.deep.equal({ db: { status: 'down', ...idle } });
    expect(await duckdb.isHealthy('db')).to.deep.equal({ db: up });
    for (const [options, message] of [
      [{ name: 'nope' }, "the application has no manager 'nope'"],
      [{ timeout: 1 }, "there is no option 'timeout'. Options: name, degraded."],
      [{ degraded: true }, "degraded is 'up' or 'down'"],
    ] as const)
      expect((await failure(duckdb.isHealthy('db', options as never), 'E_CONFIG')).message).to.include(message);
  });

  it('is down with a problem, whatever counts as degraded', async () => {
    const broken: Health = { status: 'degraded', mode: 'file', dbPath: '/secret', problem: 'given up', ...idle };
    const manager = { health: () => broken } as BaseDuckDBManager;
    const indicator = new DuckDBHealthIndicator({ get: () => manager } as never);
    expect(await indicator.isHealthy('db', { degraded: 'up' })).to.deep.equal({ db: { status: 'down', mode: 'file', problem: 'given up', ...idle } }); // prettier-ignore
  });

  it('is typed as terminus wants it', () => {
    expectTypeOf<DuckDBHealthResult<'db'>>().toExtend<HealthIndicatorResult<'db'>>();
    expectTypeOf<ReturnType<DuckDBHealthIndicator['isHealthy']>>().toExtend<Promise<HealthIndicatorResult>>();
  });
});
