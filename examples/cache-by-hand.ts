// The cache by hand: values from elsewhere, tags, grace, why a key is answered as it is, and the same database as a store for Keyv.
import { Keyv } from 'keyv';
import {
  BaseDuckDBManager,
  CacheInvalidate,
  Cached,
  Column,
  Repository,
  Table,
  keyvStore,
  sql,
} from '@mysingle/database';

@Table('users')
class User {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('varchar') name!: string;
}

/** What a profile is made of lies in two places: the table, which the cache watches, and a service, which it cannot see. */
class Profiles {
  readonly badges = new Map([['u1', 'gold']]);

  constructor(private readonly users: Repository<User>) {}

  @Cached({ ttl: '1h', grace: '6h', negativeTtl: '30s', tags: (id: string) => [`user:${id}`] })
  async profile(id: string): Promise<{ name: string; badge: string } | null> {
    const user = await this.users.findById(id);
    return user === null ? null : { name: user.name, badge: this.badges.get(id) ?? 'none' };
  }

  @CacheInvalidate({ tags: (id: string) => [`user:${id}`] })
  async award(id: string, badge: string): Promise<void> {
    this.badges.set(id, badge);
  }
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [User], logger: false });
const users = db.repository(User);
const profiles = new Profiles(users);
await users.insert({ id: 'u1', name: 'Ada' });

console.log(await profiles.profile('u1'));
await users.update({ id: 'u1' }, { name: 'Ada L.' }); // ends it by itself
console.log(await profiles.profile('u1'));
await profiles.award('u1', 'platinum'); // ends it by its tag
console.log(await profiles.profile('u1'));

// under a key of one's own: whatever a load gives, and what ends it
const rates = async (): Promise<Map<string, bigint>> => new Map([['EUR', 1_085n]]);
console.log(await db.cache.getOrLoad('rates', { ttl: '5m', tags: ['fx'] }, rates));
const { state, reason, tier, tags } = await db.cache.explain('rates');
console.log(state, reason, tier, tags);
await db.cache.invalidate({ tags: ['fx'] });
const now = await db.cache.explain('rates');
console.log(now.state, now.reason, now.written);

// inside a transaction it happens at the commit, and after a rollback not at all
await db.cache.set('limit', 100, { ttl: '1d' });
const refused = db.transaction(async () => {
  await db.cache.set('limit', 200, { ttl: '1d' });
  throw new Error('not today');
});
await refused.catch((error: Error) => console.log(error.message));
console.log(await db.cache.get('limit'));

// the table can be asked what it holds
await db.cache.flush();
console.log(await db.query(sql`select key, tags, hits from mysingle_cache where key = 'limit'`));

// for libraries that take a store of Keyv
const sessions = new Keyv({ store: keyvStore(db, { table: 'sessions' }), namespace: 'web' });
await sessions.set('s1', { user: 'u1' }, 60_000);
console.log(await sessions.get('s1'), await db.query(sql`select key from sessions`));
