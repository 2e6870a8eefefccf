import { expect } from 'chai';
import { describe, it } from 'mocha';
import { context, withinContext } from '../lib/context.js';
import type { Engine } from '../lib/engine/engine.js';
import { DatabaseError } from '../lib/errors.js';
import { Lifetime } from '../lib/lifetime.js';
import type { LogEvent } from '../lib/log.js';
import { failure } from './support/failure.js';

interface Thing {
  readonly engine: Engine;
  readonly number: number;
}

function made(prepare: (lifetime: Lifetime<Thing>) => unknown = () => {}): {
  lifetime: Lifetime<Thing>;
  steps: string[];
} {
  const steps: string[] = [];
  const owner = {};
  let count = 0;
  const engine = { refusal: () => new DatabaseError('E_CLOSED', 'of the last engine') } as unknown as Engine;
  const lifetime: Lifetime<Thing> = new Lifetime<Thing>(owner, {
    path: 'x.duckdb',
    log: Object.assign((event: LogEvent) => void steps.push(event), { enabled: () => true }),
    open: async () => {
      steps.push('open');
      return { engine, number: (count += 1) };
    },
    prepare: async () => {
      steps.push('prepare');
      await withinContext({ connecting: owner }, async () => prepare(lifetime));
    },
    opened: () => void steps.push('opened'),
    closing: () => void steps.push('closing'),
    release: async () => void steps.push('release'),
  });
  return { lifetime, steps };
}

describe('a lifetime', () => {
  it('opens once, whoever asks at the same time, and gives what is open without a wait', async () => {
    const { lifetime, steps } = made();
    expect((await failure(() => lifetime.now(), 'E_CLOSED')).message).to.contain('Call connect() first');
    await Promise.all([lifetime.connect(), lifetime.use(), lifetime.connect()]);
    expect(steps).to.deep.equal(['connecting', 'open', 'prepare', 'opened']);
    expect((lifetime.use() as Thing).number).to.equal(1);
    expect(lifetime.state).to.equal('open');
  });

  it('lets what prepares it use it, and neither wait for itself nor close it', async () => {
    const { lifetime } = made(async (own) => {
      expect((await own.use()).number).to.equal(1);
      await own.connect();
      expect((await failure(own.close(), 'E_CONFIG')).message).to.contain('createTables()');
      expect(context().transactions?.size).to.equal(0);
    });
    await lifetime.connect();
  });

  it('is as new after a failure, which is thrown as it was, and releases what was opened', async () => {
    const { lifetime, steps } = made(() => {
      throw new RangeError('mine');
    });
    expect(await lifetime.connect().catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    expect(steps).to.deep.equal(['connecting', 'open', 'prepare', 'connectFailed', 'release']);
    expect(lifetime.state).to.equal('new');
    expect(lifetime.current).to.equal(undefined);
  });

  it('refuses every use after close, until it is connected again', async () => {
    const { lifetime, steps } = made();
    await lifetime.connect();
    await Promise.all([lifetime.close(), lifetime.close()]);
    expect(steps.slice(4)).to.deep.equal(['closing', 'release', 'closed']);
    expect((await failure(async () => lifetime.use(), 'E_CLOSED')).message).to.equal('of the last engine');
    await lifetime.connect();
    expect((await lifetime.use()).number).to.equal(2);
  });

  it('of close and connect that follow each other the later one counts', async () => {
    const { lifetime } = made();
    await Promise.all([lifetime.connect(), lifetime.close(), lifetime.connect()]);
    expect(lifetime.now().number).to.equal(2);
    await Promise.all([lifetime.close(), lifetime.connect(), lifetime.close()]);
    expect(lifetime.current).to.equal(undefined);
  });
});
