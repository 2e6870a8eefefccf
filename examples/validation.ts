// Validation: the rules of class-validator on an entity hold for every write, beside what types and columns refuse.
import { BaseDuckDBManager, Column, Table, isDatabaseError } from '@mysingle/database';
import { IsEmail, Length, Max, Min } from 'class-validator';

@Table('users')
class User {
  @Column('varchar', { primaryKey: true }) @Length(3, 20) name!: string;
  @Column('varchar') @IsEmail() email!: string;
  @Column('double', { nullable: true }) @Min(0) @Max(1, { message: 'risk is a share, from 0 to 1' }) risk!:
    number | null;
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [User], logger: false });
const users = db.repository(User);

async function attempt(what: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
    console.log(`${what}: stored`);
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
    console.log(`${what}: ${error.code} ${error.message} ${JSON.stringify(error.details)}`);
  }
}

const alice = { name: 'alice', email: 'alice@example.com', risk: 0.2 };
await attempt('a good row', () => users.insert(alice));
await attempt('a bad one', () => users.insert({ ...alice, name: 'al', risk: 0.5 }));
await attempt('one of many', () =>
  users.insertMany([
    { ...alice, name: 'bob' },
    { ...alice, name: 'carol', email: 'carol' },
  ]),
);
await attempt('a patch', () => users.update({ name: 'alice' }, { risk: 3 }));
await attempt('what nobody said', () => users.insert({ name: 'dave', email: 'dave@example.com' }));
await attempt('a row of a request', () =>
  users.insert(JSON.parse('{"name":"erin","email":"e@example.com","admin":true}')),
);
console.log(
  'stored:',
  (await users.find({ select: ['name'], orderBy: { name: 'asc' } })).map((user) => user.name),
);

// rows that were checked elsewhere need not be checked again
await using trusting = await BaseDuckDBManager.open({
  path: ':memory:',
  entities: [User],
  validate: false,
  logger: false,
});
console.log('unchecked:', await trusting.repository(User).insertMany([{ ...alice, risk: 3 }]));
