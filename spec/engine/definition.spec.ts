import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { define, type Definition } from '../../lib/engine/definition.js';
import { Journal } from '../../lib/engine/journal.js';

const DEFINITIONS: readonly Definition[] = [
  { text: 'CREATE SEQUENCE s', beside: (farStart) => `CREATE SEQUENCE s START ${farStart(31)}` },
  { text: "CREATE TABLE t (id INTEGER DEFAULT nextval('s'))" },
];

describe('definitions', () => {
  it('are run as they are on the database', async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await define(connection, DEFINITIONS, undefined);
    expect((await connection.runAndReadAll('insert into t values (default) returning id')).getRows()).to.deep.equal([
      [1],
    ]);
  });

  it('may end in a comment, and one that fails says which it was', async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const [sequence, table] = DEFINITIONS as [Definition, Definition];
    await define(connection, [{ text: `${sequence.text} -- the keys` }, table], undefined);
    const error = await define(connection, [{ text: 'CREATE TABLE u (x INTEGER)' }, table], undefined).catch(String);
    expect(error).to.contain('Table with name "t" already exists');
  });

  it('in fallback have keys begin far away, and the journal has what the database is to have', async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run("ATTACH ':memory:' AS side");
    const journal = await Journal.create(connection, 'side', (bits) => BigInt(bits) * 1000n);
    const recording = journal.record();
    await recording.transact(connection, () => define(connection, DEFINITIONS, { journal, recording }));
    expect((await connection.runAndReadAll('insert into t values (default) returning id')).getRows()).to.deep.equal([
      [31_000],
    ]);
    const { text } = { text: 'select kind, text from mysingle_fallback.operations order by position' };
    expect((await connection.runAndReadAll(text)).getRows()).to.deep.equal(
      DEFINITIONS.map((each) => ['ensure', each.text]),
    );
    expect(journal.written, 'it can be made again').to.equal(false);
  });
});
