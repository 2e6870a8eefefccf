// Reads through every call of the cache, each judged by the ledger. Not here: what is loaded (reads.ts), writes.
import { isDatabaseError, type BaseDuckDBManager, type Duration } from '@mysingle/database';
import { keyOf, tagOf, type CachedValue } from './entities.js';
import { Violation, type View } from './ledger.js';
import { BASES, BASE_NAMES } from './reads.js';
import { Bang, type Stage } from './stage.js';

/** One who reads. */
export interface Reader {
  readonly stage: Stage;
  readonly actor: number;
  /** what its transaction knew when it began */
  readonly transaction?: View;
}

interface Terms {
  readonly ttl: Duration;
  readonly grace?: Duration;
  readonly tags?: readonly string[];
  readonly lifeMs: number;
}

const TERMS: readonly Terms[] = [
  { ttl: '1h', lifeMs: 3_600_000 },
  { ttl: '1m', lifeMs: 60_000 },
  { ttl: '5s', grace: '1m', lifeMs: 65_000 },
];

/** The same for each key, always. */
function termsOf(read: string): Terms {
  const terms = TERMS[read.length % TERMS.length] as Terms;
  return read.length % 2 === 0 ? { ...terms, tags: [tagOf(read)] } : terms;
}

/** Keys that are set by hand, too. */
export const HAND_KEYS = ['hand 0', 'hand 1', 'hand 2', 'hand 3'];
const SERVED = BASE_NAMES.filter((_name, index) => index % 3 === 0);

type Lookup = (reader: Reader, db: BaseDuckDBManager) => Promise<void>;

/** One read by `call`, of a key; errors that are meant are none. */
async function look(
  { stage, actor, transaction }: Reader,
  kind: string,
  key: string,
  call: () => Promise<unknown>,
): Promise<void> {
  const view = stage.ledger.view(stage.world.now, transaction);
  stage.step(actor, kind, `${kind} ${key}`);
  try {
    const value = (await call()) as CachedValue | undefined;
    if (value === undefined) return;
    stage.note(
      actor,
      `${kind} ${key}, asked at ${view.at}, gave ${JSON.stringify(value.loads)} ${JSON.stringify(value.facts)}`,
    );
    stage.checkValue(view, key, value);
  } catch (error) {
    if (error instanceof Bang) {
      if (error.goneAt === undefined || error.goneAt > view.at) return;
      throw new Violation(`${key} was refused at ${view.at} by an error of ${error.goneAt}`, [key]);
    }
    if (isDatabaseError(error, 'E_ABORTED') && kind === 'aborted') return;
    throw error;
  }
}

/** The first ones more often: whoever comes to one key at once waits for one load. */
const pick = <T>({ below }: { below: (limit: number) => number }, all: readonly T[]): T =>
  all[below(1 + below(all.length))] as T;

/** By a repository or SQL: past the cache, but for the reads of a `@Cached` entity. */
async function base({ stage, actor, transaction }: Reader, db: BaseDuckDBManager, name: string): Promise<void> {
  const view = stage.ledger.view(stage.world.now, transaction);
  stage.step(actor, 'read', `read ${name}`);
  const reading = await (BASES.get(name) as NonNullable<ReturnType<typeof BASES.get>>).read(db);
  stage.note(actor, `read ${name}, asked at ${view.at}, gave ${JSON.stringify(reading.facts)}`);
  stage.ledger.check(view, reading);
}

const CACHED_BASES = BASE_NAMES.filter((name) => name.includes('model_b'));

const getOrLoad: Lookup = (reader, db) => {
  const name = pick(reader.stage, BASE_NAMES);
  const { lifeMs, ...terms } = termsOf(name);
  const { tags = [] } = terms;
  return look(reader, 'getOrLoad', name, () =>
    db.cache.getOrLoad(name, terms, () => reader.stage.loadOf(db, name, name, { tags, lifeMs })),
  );
};

const LOOKUPS: readonly Lookup[] = [
  getOrLoad,
  getOrLoad,
  getOrLoad,
  (reader, db) => base(reader, db, pick(reader.stage, CACHED_BASES)),
  (reader, db) => base(reader, db, pick(reader.stage, CACHED_BASES)),
  (reader, db) =>
    reader.stage.below(6) === 0 ? base(reader, db, pick(reader.stage, BASE_NAMES)) : getOrLoad(reader, db),
  (reader) => {
    const [name, service] = [pick(reader.stage, SERVED), pick(reader.stage, reader.stage.world.services)];
    return look(reader, 'method', keyOf('plain', name), () => service.plain(name));
  },
  (reader) => {
    const [name, service] = [pick(reader.stage, SERVED), pick(reader.stage, reader.stage.world.services)];
    return look(reader, 'method with grace', keyOf('graced', name), () => service.graced(name));
  },
  (reader) => {
    const [left, right] = [pick(reader.stage, SERVED.slice(0, 5)), pick(reader.stage, SERVED.slice(3, 8))];
    const service = pick(reader.stage, reader.stage.world.services);
    return look(reader, 'nested methods', keyOf('pair', left, right), () => service.pair(left, right));
  },
  (reader, db) => {
    const key = pick(reader.stage, HAND_KEYS);
    return look(reader, 'get', key, () => db.cache.get(key));
  },
  (reader, db) => {
    const [key, name] = [pick(reader.stage, HAND_KEYS), pick(reader.stage, BASE_NAMES)];
    const tags = [tagOf(name)];
    return look(reader, 'getOrSet', key, () =>
      db.cache.getOrSet(key, () => reader.stage.loadOf(db, key, name, { tags, lifeMs: 60_000 }), { ttl: '1m', tags }),
    );
  },
  (reader, db) => {
    const name = pick(reader.stage, BASE_NAMES);
    return look(reader, 'get', name, () => db.cache.get(name));
  },
  async (reader, db) => {
    const { stage } = reader;
    const name = pick(stage, BASE_NAMES);
    const { lifeMs, ...terms } = termsOf(name);
    const { tags = [] } = terms;
    const giveUp = new AbortController();
    const waiting = look(reader, 'aborted', name, () =>
      db.cache.getOrLoad(name, { ...terms, signal: giveUp.signal }, ({ signal }) =>
        // a statement that is stopped fails the whole transaction around it
        stage.loadOf(
          db,
          name,
          name,
          { tags, lifeMs },
          undefined,
          reader.transaction === undefined ? signal : undefined,
        ),
      ),
    );
    await stage.pause();
    giveUp.abort();
    await waiting;
  },
];

export function lookUp(reader: Reader): Promise<void> {
  const { stage } = reader;
  return pick(stage, LOOKUPS)(
    reader,
    stage.world.managers[stage.below(20) === 0 ? 2 : stage.below(2)] as BaseDuckDBManager,
  );
}
