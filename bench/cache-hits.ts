// A hit in memory, of a number and of a list, and a thousand callers who miss at once: beside a bare Map, copies by hand and other
// caches. Not here: what lies behind memory (cache-table.ts).
import { setImmediate as later } from 'node:timers/promises';
import { Cached, withContext, type BaseDuckDBManager, type Repository } from '@mysingle/database';
import { CLOSES, FIELDS, FIRST_AT, Quote, ROWS, closesOf, listOf } from './cached-quotes.js';
import { bestOf, contendersOf, type PeerCache, type PeerCaches } from './cache-peers.js';
import { expectCount, interleaved, type Contender, type Samples } from './harness.js';

const [HITS, PEER_HITS, LISTS, PEER_LISTS, CALLERS] = [20_000, 4_000, 400, 60, 1_000] as const;
export const GET_OR_LOAD = 'getOrLoad';
export const CACHED = '@Cached';
export const MAP = 'a Map';

/** Samples, and those of the other cache that comes closest. */
export interface Hits {
  readonly samples: Samples;
  readonly best: readonly number[] | undefined;
}

class Service {
  constructor(readonly quotes: Repository<Quote>) {}

  @Cached('1h') async seven(given: number): Promise<number> {
    return (await this.quotes.count()) - ROWS + given;
  }
}

const never = async (): Promise<never> => {
  throw new Error('a hit has loaded');
};

/** So many hits of a number; written out for each, so that no two share a call site. */
const hits = (calls: number, run: () => Promise<number>, value: number): Contender => ({
  calls,
  run,
  finish: (sum) => expectCount('sum of the hits', sum, calls * value),
});

/** Within a context, as a service has it: every await of the process then pays for AsyncLocalStorage, that of the Map too. */
export async function scalarHits(db: BaseDuckDBManager, peers: PeerCaches): Promise<Hits> {
  const service = new Service(db.repository(Quote));
  const map = new Map([['k', 7]]);
  await db.cache.getOrLoad('k', { ttl: '1h' }, async () => (await db.repository(Quote).count()) - ROWS + 7);
  for (const peer of Object.values(peers)) await peer.get('k', async () => 7);
  await service.seven(7);
  const load = (): Promise<number> => never();
  const ofPeer = ({ get }: PeerCache): Contender =>
    hits(
      PEER_HITS,
      async () => {
        let sum = 0;
        for (let n = 0; n < PEER_HITS; n += 1) sum += (await get('k', load)) as number;
        return sum;
      },
      7,
    );
  const samples = await withContext({ correlationId: 'bench' }, () =>
    interleaved(
      {
        [MAP]: hits(
          HITS,
          async () => {
            let sum = 0;
            // oxlint-disable-next-line typescript/await-thenable -- the wait is what a caller of a cache has in any case
            for (let n = 0; n < HITS; n += 1) sum += (await map.get('k')) as number;
            return sum;
          },
          7,
        ),
        [GET_OR_LOAD]: hits(
          HITS,
          async () => {
            let sum = 0;
            for (let n = 0; n < HITS; n += 1) sum += await db.cache.getOrLoad('k', { ttl: '1h' }, load);
            return sum;
          },
          7,
        ),
        [CACHED]: hits(
          HITS,
          async () => {
            let sum = 0;
            for (let n = 0; n < HITS; n += 1) sum += await service.seven(7);
            return sum;
          },
          7,
        ),
        ...contendersOf(peers, ofPeer),
      },
      { rounds: 25, warm: 5, budgetMs: 4_000 },
    ),
  );
  return { samples, best: bestOf(samples, peers) };
}

/** Whoever hits may change what it got, dates and all, and the next one has what was put in. */
async function expectOwnCopies(name: string, get: () => Promise<unknown>): Promise<void> {
  // loads; what its caller has may be what is kept
  await get();
  for (let time = 0; time < 2; time += 1) {
    const rows = (await get()) as Quote[];
    const at = rows[1]?.at;
    if (!(at instanceof Date) || at.getTime() !== FIRST_AT + 60_000 || closesOf(rows) !== CLOSES)
      throw new Error(`${name}: not the list that was put in`);
    at.setTime(0);
    for (const row of rows) row.close = 0;
    rows.length = 3;
  }
}

/** One field of each row is read, by every contender. */
const lists = (calls: number, get: () => Promise<unknown>): Contender => ({
  calls,
  run: async () => {
    let right = 0;
    for (let n = 0; n < calls; n += 1) if (closesOf((await get()) as Quote[]) === CLOSES) right += 1;
    return right;
  },
  finish: (right) => expectCount('lists', right, calls),
});

/** Nobody copies these rows faster who makes objects of them. */
function copyByHand(rows: readonly Quote[]): Quote[] {
  return rows.map((row) => {
    const copy = new Quote();
    copy.id = row.id;
    copy.symbol = row.symbol;
    copy.exchange = row.exchange;
    copy.at = new Date(row.at.getTime());
    copy.open = row.open;
    copy.high = row.high;
    copy.low = row.low;
    copy.close = row.close;
    copy.volume = row.volume;
    copy.note = row.note;
    return copy;
  });
}

export async function listHits(db: BaseDuckDBManager, peers: PeerCaches): Promise<Hits> {
  const rows = await listOf(db);
  const kept = new Map([['list', rows]]);
  const ours = (): Promise<Quote[]> => db.cache.getOrLoad('list', { ttl: '1h' }, () => listOf(db));
  const hand = async (): Promise<Quote[]> => copyByHand(kept.get('list') ?? []);
  const all = { [GET_OR_LOAD]: ours, 'a Map, copies by hand': hand, 'a Map, structuredClone': async () => structuredClone(kept.get('list')) }; // prettier-ignore
  for (const [name, get] of Object.entries(all)) await expectOwnCopies(name, get);
  for (const [name, { get }] of Object.entries(peers)) await expectOwnCopies(name, () => get('list', () => listOf(db)));
  const [first] = await ours();
  if (!(first instanceof Quote)) throw new Error('no instance of its class');
  expectCount('fields', Object.keys(first).length, FIELDS.length);
  const samples = await withContext({ correlationId: 'bench' }, () =>
    interleaved(
      {
        [GET_OR_LOAD]: lists(LISTS, ours),
        'a Map, copies by hand': lists(LISTS, hand),
        'a Map, structuredClone': lists(PEER_LISTS, all['a Map, structuredClone']),
        ...contendersOf(peers, ({ get }) => lists(PEER_LISTS, () => get('list', never))),
      },
      { rounds: 11, warm: 3, budgetMs: 5_000 },
    ),
  );
  return { samples, best: bestOf(samples, peers) };
}

/** So many callers of a key that nobody has: the load runs once. The time is of one caller. */
const together = (get: PeerCache['get']): Contender => {
  let [key, loads] = [0, 0];
  const load = async (): Promise<number> => {
    loads += 1;
    await later();
    return 7;
  };
  return {
    calls: CALLERS,
    prepare: () => {
      key += 1;
      loads = 0;
    },
    run: async () => {
      const values = await Promise.all(Array.from({ length: CALLERS }, () => get(`missing ${key}`, load)));
      return values.filter((value) => value === 7).length;
    },
    finish: (given) => {
      expectCount('values', given, CALLERS);
      expectCount('loads', loads, 1);
    },
  };
};

export function misses(db: BaseDuckDBManager, peers: PeerCaches): Promise<Samples> {
  return withContext({ correlationId: 'bench' }, () =>
    interleaved(
      {
        [GET_OR_LOAD]: together((key, load) => db.cache.getOrLoad(key, { ttl: '1h' }, load)),
        ...contendersOf(peers, ({ get }) => together(get)),
      },
      { rounds: 11, warm: 3, budgetMs: 2_000 },
    ),
  );
}
