// Transactions travel with the async context: what is called inside joins, without being passed anything.
import { BaseDuckDBManager, Column, Repository, Table, isDatabaseError, sql } from '@mysingle/database';

@Table('accounts')
class Account {
  @Column('varchar', { primaryKey: true }) name!: string;
  @Column('decimal(18,2)', { check: sql`balance >= 0` }) balance!: string;
}

class Bank {
  constructor(
    private readonly db: BaseDuckDBManager,
    private readonly accounts: Repository<Account>,
  ) {}

  transfer(from: string, to: string, amount: string): Promise<void> {
    return this.db.transaction(async () => {
      await this.accounts.update({ name: to }, { balance: sql`balance + ${amount}::decimal(18,2)` });
      await this.accounts.update({ name: from }, { balance: sql`balance - ${amount}::decimal(18,2)` });
    });
  }

  /** Its transfers join the transaction that is open here: both happen, or none. */
  payBoth(from: string, amount: string): Promise<void> {
    return this.db.transaction(async () => {
      await this.transfer(from, 'bob', amount);
      await this.transfer(from, 'carol', amount);
    });
  }
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Account], logger: false });
const accounts = db.repository(Account);
const bank = new Bank(db, accounts);
await accounts.insertMany(['alice', 'bob', 'carol'].map((name) => ({ name, balance: '100.00' })));

async function show(what: string): Promise<void> {
  const rows = await accounts.find({ orderBy: { name: 'asc' } });
  console.log(what.padEnd(28), rows.map((row) => `${row.name} ${row.balance}`).join(', '));
}

await bank.transfer('alice', 'bob', '30.00');
await show('after a commit:');

// the second of two nested transfers overdraws the account, so the first is undone with it
await bank.payBoth('alice', '50.00').catch((error: unknown) => {
  if (!isDatabaseError(error, 'E_CHECK')) throw error;
  console.log(error.code);
});
await show('after a rollback:');

// a failure that was caught fails the whole all the same: nothing half done is ever committed
const caught = db.transaction(async () => {
  await accounts.update({ name: 'carol' }, { balance: '0.00' });
  await bank.transfer('alice', 'bob', '999.00').catch(() => {});
});
await caught.catch((error: unknown) => console.log(isDatabaseError(error, 'E_TX_ABORTED') && error.code));
await show('after a failure in silence:');

// ten transfers at once change the same rows; those that lose the race run again
let runs = 0;
async function pay(): Promise<void> {
  runs += 1;
  await bank.transfer('carol', 'alice', '1.00');
}
await Promise.all(Array.from({ length: 10 }, () => db.transaction(pay, { retries: 20 })));
await show('after ten at once:');
console.log('each ran at least once:', runs >= 10);
