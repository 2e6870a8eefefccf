// Other caches in memory, imported into the process of the benchmark (cache-peers.ts): each in its fastest mode that keeps what is
// promised. Not here: what is timed.
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { createCache } from 'cache-manager';
import { Cacheable, createKeyv } from 'cacheable';
import { Keyv } from 'keyv';

const HOUR = 3_600_000;

const bento = (serialize) =>
  new BentoCache({ default: 'memory', stores: { memory: bentostore().useL1Layer(memoryDriver({ serialize })) } });

const bentoBy = (serialize) => {
  const cache = bento(serialize);
  return {
    get: (key, load) => cache.getOrSet({ key, ttl: HOUR, factory: load }),
    close: () => cache.disconnect(),
  };
};

/** One store: there is no need to choose among sixteen by a hash of the key. */
const cacheableBy = (useClone) => {
  const cache = new Cacheable({ primary: createKeyv({ useClone, storeHashSize: 1 }) });
  return {
    get: (key, load) => cache.getOrSet(key, load, { ttl: HOUR }),
    close: () => cache.disconnect(),
  };
};

/** Without stores its values are kept in a Map as they are; a Keyv by default keeps JSON. */
const managerBy = (serialize) => {
  const cache = createCache(serialize ? { stores: [new Keyv()] } : {});
  return {
    get: (key, load) => cache.wrap(key, load, HOUR),
    close: () => cache.disconnect(),
  };
};

/** What none of them does for JSON: the dates are texts, and become dates again in place. */
const dated = ({ get, close }) => ({
  get: async (key, load) => {
    const rows = await get(key, load);
    for (const row of rows) row.at = new Date(row.at);
    return rows;
  },
  close,
});

/** What none of them does for values kept as they are. */
const cloned = ({ get, close }) => ({ get: async (key, load) => structuredClone(await get(key, load)), close });

/** The value that was put in, for those who do not change it. */
export const asItIs = () => ({
  bentocache: bentoBy(false),
  cacheable: cacheableBy(false),
  'cache-manager': managerBy(false),
});

/** A copy of one's own, its dates dates. */
export const copied = () => ({
  'bentocache, JSON, dates made by hand': dated(bentoBy(true)),
  'bentocache, structuredClone by hand': cloned(bentoBy(false)),
  'cacheable, its clones': cacheableBy(true),
  'cache-manager, JSON of Keyv, dates made by hand': dated(managerBy(true)),
  'cache-manager, structuredClone by hand': cloned(managerBy(false)),
});
