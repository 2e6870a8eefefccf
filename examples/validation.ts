// Validation: the rules of class-validator on an entity hold for every write, beside what types and columns refuse.
import {
  BaseDuckDBManager,
  Column,
  Table,
  isDatabaseError,
  json,
  type BrokenRules,
  type Generated,
} from '@mysingle/database';
import { Type } from 'class-transformer';
import { IsDefined, IsEmail, IsIn, IsOptional, IsPositive, Length, Max, Min, Validate, ValidateIf, ValidateNested, ValidatorConstraint } from 'class-validator'; // prettier-ignore

@Table('users')
class User {
  @Column('varchar', { primaryKey: true }) @Length(3, 20) name!: string;
  @Column('varchar') @IsEmail() email!: string;
  @Column('double', { nullable: true }) @Min(0) @Max(1, { message: 'risk is a share, from 0 to 1' }) risk!:
    number | null;
}

// rules of groups, of other properties, and of what is inside of a document
class Leg {
  @IsIn(['AAPL', 'MSFT']) symbol!: string;
  @IsPositive() qty!: number;
}

@Table('orders')
class Order {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { default: 'market' }) @IsIn(['market', 'limit']) kind!: Generated<string>;
  @Column('double', { nullable: true }) @ValidateIf((order: Order) => order.kind === 'limit') @IsPositive() price!:
    number | null;
  @Column('varchar', { nullable: true }) @IsDefined({ groups: ['submit'] }) approvedBy!: string | null;
  @Column(json<Leg[]>(), { nullable: true }) @IsOptional() @ValidateNested() @Type(() => Leg) legs!: Leg[] | null;
}

// a rule that asks elsewhere, and is waited for
@ValidatorConstraint({ name: 'isFree', async: true })
class IsFree {
  async validate(name: string): Promise<boolean> {
    return !(await users.exists({ name }));
  }
  defaultMessage(): string {
    return 'the name is taken';
  }
}

@Table('signups')
class Signup {
  @Column('varchar', { primaryKey: true }) @Validate(IsFree) name!: string;
}

// rules that have a group hold where a call names it
const entities = [User, Order, Signup];
const validate = { strictGroups: true };
await using db = await BaseDuckDBManager.open({ path: ':memory:', entities, validate, logger: false });
const users = db.repository(User);
const orders = db.repository(Order);

async function attempt(what: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
    console.log(`${what}: stored`);
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
    console.log(`${what}: ${error.code} ${error.message}`);
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

// an answer for a form: every property that breaks a rule, and no value of any
try {
  await users.insert({ name: 'al', email: 'al', risk: 3 });
} catch (error) {
  if (!isDatabaseError(error, 'E_VALIDATION')) throw error;
  for (const { property, constraints } of error.details['problems'] as BrokenRules[])
    console.log('form:', property, constraints);
}

// a property that the patch does not set is not looked at; a condition sees what the patch sets
await attempt('a market order', () => orders.insert({ id: 1, price: null }));
await attempt('a limit order', () => orders.insert({ id: 2, kind: 'limit', price: -1 }));
await attempt('its price alone', () => orders.update({ id: 1 }, { price: -1 }));
await attempt('its price as a limit', () => orders.update({ id: 1 }, { kind: 'limit', price: -1 }));

// what is inside of a document is looked at as instances of its class, also where plain objects are given
await attempt('a leg', () => orders.insert({ id: 3, legs: [{ symbol: 'AAPL', qty: 0 }] }));

// the rules of a group; with `always` those of no group, too
await attempt('drafted', () => orders.insert({ id: 4 }));
await attempt('submitted', () => orders.insert({ id: 5 }, { validate: { groups: ['submit'], always: true } }));

// it is waited for as long as the call's own timeout says
await attempt('a name that is taken', () => db.repository(Signup).insert({ name: 'alice' }, { timeout: '5s' }));

// rows that were checked elsewhere need not be checked again
console.log('unchecked:', await users.insertMany([{ ...alice, name: 'frank', risk: 3 }], { validate: false }));

// nor any of a manager
await using trusting = await BaseDuckDBManager.open({
  path: ':memory:',
  entities: [User],
  validate: false,
  logger: false,
});
console.log('unchecked:', await trusting.repository(User).insertMany([{ ...alice, risk: 3 }]));
