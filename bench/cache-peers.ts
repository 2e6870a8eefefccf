// Other caches, in this process, so that a ratio is of one run. Not here: how each is used (peers/caches.mjs), what is timed.
import { fastest, type Contender, type Samples } from './harness.js';

/** Another cache: the value under a key, loaded where there is none. */
export interface PeerCache {
  readonly get: (key: string, load: () => Promise<unknown>) => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}

export type PeerCaches = Readonly<Record<string, PeerCache>>;

interface Caches {
  /** give the value that was put in */
  asItIs(): PeerCaches;
  /** give a copy to each caller */
  copied(): PeerCaches;
}

export const PACKAGES = ['bentocache', 'cacheable', 'cache-manager', 'keyv'] as const;
export const NOT_MEASURED = 'Other caches not measured: run `npm ci --prefix bench/peers`.';

/** @returns undefined where they are not installed */
export async function peerCaches(): Promise<Caches | undefined> {
  try {
    return (await import(new URL('../../bench/peers/caches.mjs', import.meta.url).href)) as Caches;
  } catch (error) {
    // anything else is a defect of the benchmark
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** A contender for each. */
export const contendersOf = (
  peers: PeerCaches,
  of: (peer: PeerCache) => Contender,
): Readonly<Record<string, Contender>> =>
  Object.fromEntries(Object.entries(peers).map(([name, peer]) => [name, of(peer)]));

/** The samples of the one that comes closest; undefined where none was measured. */
export const bestOf = (samples: Samples, peers: PeerCaches): readonly number[] | undefined =>
  samples[fastest(samples, Object.keys(peers))];

export async function closeAll(peers: PeerCaches): Promise<void> {
  for (const peer of Object.values(peers)) await peer.close();
}
