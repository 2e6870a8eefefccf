// Two tiers on one store, as two processes with one database have them, and what neither may ever give: what was read before a
// write that it has made itself, or that stood in the store when it was asked.
import { StoreTier, type Mark } from '../../lib/cache/store-tier.js';
import { ChaosStore, ChaosStoreOfMany } from './chaos-store.js';
import type { random } from './random.js';

const TABLES = ['main.a', 'main.b', 'main.c'];
const TAG = '\0tag';
const KEYS = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];
/** what version a write gave each table, and the tag, of the database that all processes share */
type Data = Record<string, number>;

interface Value {
  readonly id: number;
  readonly by: Process;
  readonly read: Data;
}

export interface Options {
  readonly failing: number;
  /** entries and versions that get lost, and those in whose place something else stands, of a thousand steps */
  readonly evicted: number;
  readonly garbage: number;
  readonly steps: number;
  /** in place of the tier's own mark */
  readonly mark?: (tier: StoreTier) => Mark;
}

class Process {
  readonly wrote: Data = {};
  readonly ended = new Set<number>();
  readonly kept = new Map<string, Set<number>>();
  constructor(
    readonly tier: StoreTier,
    readonly store: ChaosStore,
  ) {}
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

export interface Outcome {
  readonly violations: readonly string[];
  readonly hits: number;
  /** hits of what the other process kept */
  readonly shared: number;
  /** whether both could tell the store all in the end, which one that hangs for ever may keep them from */
  readonly told: boolean;
}

export async function runModel(seeded: ReturnType<typeof random>, options: Options): Promise<Outcome> {
  const { below } = seeded;
  const values = new Map<string, unknown>();
  const data: Data = Object.fromEntries([...TABLES, TAG].map((table) => [table, 0]));
  // by the name of a version, what was in the database when the version that stands in the store was asked for
  const landed = new Map<string, Data>();
  const violations: string[] = [];
  const texts = new Map<number, Value>();
  const outcome = { hits: 0, shared: 0 };
  let ids = 0;
  let rest = 0;

  const processes = [ChaosStore, ChaosStoreOfMany].map((Store) => {
    const store = new Store(
      values,
      seeded,
      (key, began) => {
        const floor = landed.get(key) ?? {};
        for (const [table, version] of Object.entries(began as Data))
          floor[table] = Math.max(floor[table] ?? 0, version);
        landed.set(key, floor);
      },
      () => ({ ...data, ids }),
    );
    store.failing = options.failing;
    // a rest of five seconds is five milliseconds here
    const now = (): number => performance.now() * 1_000 + rest;
    // short where calls hang; where none does, no slow machine may look like one
    const timeoutMs = options.failing > 0 ? 15 : 60_000;
    return new Process(new StoreTier({ store, namespace: 'n', timeoutMs, now, warn: () => {} }), store);
  });
  for (const { tier } of processes) void tier.learn([...TABLES, TAG]);

  const landedFor = (name: string, table: string): number => landed.get(`n:v:${name}`)?.[table] ?? 0;

  async function find(self: Process, key: string): Promise<void> {
    const own = { ...self.wrote };
    const ended = new Set(self.ended);
    const stood: Data = {};
    // a value carries the versions of its tables, or that of any of them: those of one write may come to the store apart
    const ofAll = (table: string): number => Math.max(landedFor('all', table), landedFor('*', table));
    for (const table of TABLES) {
      stood[table] = Math.max(ofAll(table), landedFor(table, table));
      stood[`any ${table}`] = Math.max(ofAll(table), landedFor('any', table));
    }
    stood[TAG] = Math.max(landedFor('all', TAG), landedFor('#tag', TAG));
    const cleared = landedFor('all', 'ids');
    const found = await self.tier.find(key);
    if (found === undefined) return;
    const value = texts.get(Number(found.text)) as Value;
    outcome.hits += 1;
    if (value.by !== self) outcome.shared += 1;
    const everything = found.tables.includes('*');
    for (const [table, version] of Object.entries(value.read)) {
      const others = stood[everything && table !== TAG ? `any ${table}` : table] as number;
      const floor = Math.max(own[table] ?? 0, others);
      if (version < floor) violations.push(`${key}: ${table} as of ${version}, after ${floor}`);
    }
    if (ended.has(value.id)) violations.push(`${key}: ${value.id} was forgotten`);
    if (value.id <= cleared) violations.push(`${key}: ${value.id} was cleared`);
  }

  async function load(self: Process, key: string): Promise<void> {
    const mark = options.mark?.(self.tier) ?? self.tier.mark();
    const began = { ...self.wrote };
    const id = (ids += 1);
    const everything = below(4) === 0;
    const tagged = below(3) === 0;
    const tables = everything ? TABLES : TABLES.filter(() => below(2) === 0);
    const read: Data = {};
    for (const table of tagged ? [...tables, TAG] : tables) {
      await turns(below(6));
      read[table] = data[table] as number;
    }
    await turns(below(6));
    const value: Value = { id, by: self, read };
    texts.set(id, value);
    const known = self.kept.get(key) ?? new Set();
    self.kept.set(key, known.add(id));
    // a key that was ended since its load began is the cache's to see
    const still = (): boolean =>
      !self.ended.has(id) && Object.keys(read).every((table) => self.wrote[table] === began[table]);
    const times = { createdAt: 0, expiresAt: 9e15, graceUntil: 9e15 };
    const entry = { text: String(id), tables: everything ? ['*'] : tables, tags: tagged ? ['tag'] : [], ...times };
    await self.tier.keep(key, entry, mark, still);
  }

  function write(self: Process): void {
    const deps = below(8) === 0 ? ['*'] : below(5) === 0 ? [TAG] : [TABLES[below(TABLES.length)] as string];
    for (const table of deps[0] === '*' ? TABLES : deps) {
      data[table] = (data[table] as number) + 1;
      self.wrote[table] = data[table];
    }
    self.tier.wrote(deps);
  }

  function end(self: Process, keys: readonly string[], how: () => void): void {
    for (const key of keys) {
      for (const id of self.kept.get(key) ?? []) self.ended.add(id);
      const standing = /"text":"(\d+)"/.exec(String(values.get(`n:e:${key}`)))?.[1];
      if (standing !== undefined) self.ended.add(Number(standing));
    }
    how();
  }

  const running: Promise<void>[] = [];
  for (let step = 0; step < options.steps; step += 1) {
    const self = processes[below(2)] as Process;
    const key = KEYS[below(KEYS.length)] as string;
    const kind = below(100);
    if (kind < 50) running.push(find(self, key));
    else if (kind < 80) running.push(load(self, key));
    else if (kind < 92) write(self);
    else if (kind < 97) end(self, [key], () => self.tier.forget(key));
    else if (kind < 98) end(self, KEYS, () => self.tier.clear());
    const there = [...values.keys()];
    const some = there[below(there.length)];
    if (some !== undefined && below(1_000) < options.evicted) values.delete(some);
    if (some !== undefined && below(1_000) < options.garbage)
      values.set(some, ['', 'null', '{"format":1}', 7, {}, undefined][below(6)]);
    await turns(below(8));
    // the rests are over sooner than a step would have it
    if (below(20) === 0) rest += 100_000;
    if (below(30) === 0) await Promise.all(running);
  }
  await Promise.all(running);
  for (const { store } of processes) store.failing = 0;
  const told = await Promise.all(processes.map(({ tier }) => tier.close()));
  return { violations, ...outcome, told: told.every(Boolean) };
}
