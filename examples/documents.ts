// Classes inside of JSON columns, in output and in the cache: what the decorators of class-transformer say there.
import { BaseDuckDBManager, Column, Table, json, sql, toJsonSerializable } from '@mysingle/database';
import { Exclude, Expose, Transform, Type } from 'class-transformer';

// a class whose instances live in a document
class Limits {
  @Type(() => Date) until!: Date;
  @Transform(({ value }) => (value as bigint).toString(), { toPlainOnly: true })
  @Transform(({ value }) => BigInt(value as string), { toClassOnly: true })
  maxLots!: bigint;
  @Exclude() apiKey?: string;

  allows(lots: bigint): boolean {
    return lots <= this.maxLots;
  }
}

@Table('accounts')
class Account {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') @Exclude() passwordHash!: string;
  @Column(json<Limits>()) @Type(() => Limits) limits!: Limits;
  @Column(json<Limits[]>(), { nullable: true }) @Type(() => Limits) history!: Limits[] | null;
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Account], logger: false });
const accounts = db.repository(Account);

const limits = Object.assign(new Limits(), { until: new Date('2030-01-01'), maxLots: 2n ** 60n, apiKey: 's3cr3t' });
await accounts.insert({ id: 1, passwordHash: '$2b$10$...', limits, history: [limits] });

// instances come back, with their methods; the table has what instanceToPlain leaves
const account = await accounts.findOneOrFail({ where: { id: 1 } });
console.log(account.limits instanceof Limits, account.limits.allows(5n), account.limits.until.getUTCFullYear());
console.log(account.history?.map((each) => each.maxLots));
console.log(await db.query(sql`select limits::varchar as stored from ${Account}`));

// a column is the table's own data, and is read whatever its property is decorated with; output leaves it out
console.log(account.passwordHash, toJsonSerializable(account));

// values of the cache: instances go in, and come out as their decorators leave them, out of memory as out of the table
class Profile {
  @Expose({ name: 'display_name' }) displayName!: string;
  @Exclude() token?: string;
  seen = new Map<string, Date>();

  greeting(): string {
    return `Hello ${this.displayName}, ${this.token ?? 'no token'}`;
  }
}

const load = (): Promise<Profile> =>
  Promise.resolve(
    Object.assign(new Profile(), { displayName: 'Alice', token: 's3cr3t', seen: new Map([['web', new Date(0)]]) }),
  );
for (let call = 0; call < 2; call += 1) {
  const profile = await db.cache.getOrLoad('profile:1', { ttl: '5m' }, load);
  console.log(profile instanceof Profile, profile.greeting(), profile.seen.get('web'));
}
await db.cache.flush();
const [kept] = await db.query<{ value: string }>(sql`select value from mysingle_cache where key = 'profile:1'`);
console.log(kept?.value.includes('Alice'), kept?.value.includes('s3cr3t'));
