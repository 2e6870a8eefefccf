// A thousand strings from outside, wherever a call takes one: they match what they are, or fail in a clear way, and do nothing else.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, and, at, contains, endsWith, has, isDatabaseError, json, like, list, map, ne, oneOf, sql, startsWith, type Repository, type Where } from '@mysingle/database'; // prettier-ignore
import { failure } from '../support/failure.js';
import { hostileStrings } from '../support/hostile.js';
import { openManager, scratchFolder } from '../support/scratch.js';

@Table('hostile')
class Hostile {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') text!: string;
  @Column(list('varchar')) items!: string[];
  @Column(map('varchar', 'varchar')) pairs!: Map<string, string>;
  @Column(json<Record<string, unknown>>()) doc!: Record<string, unknown>;
}

const COUNT = 1_000;
const { seed, strings } = hostileStrings(COUNT, Number(process.env['SEED'] ?? Date.now() % 2 ** 31));

/** JSON itself cannot have it as a key of its own. */
const docOf = (text: string): Record<string, unknown> =>
  Object.defineProperty({}, text, { value: { [`x${text}`]: text }, enumerable: true });

async function stored(): Promise<Repository<Hostile>> {
  const rows = (await openManager({ entities: [Hostile] })).repository(Hostile);
  await rows.insertMany(strings.map((text, id) => ({ id, text, items: [text], pairs: new Map([[text, text]]), doc: docOf(text) }))); // prettier-ignore
  return rows;
}

const escaped = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&');

describe(`a thousand hostile strings (seed ${seed})`, () => {
  it('match as values what they are, by every operator', async () => {
    const rows = await stored();
    for (const [id, text] of strings.entries()) {
      const conditions: Where<Hostile>[] = [
        { text }, { text: oneOf([text]) }, { text: like(escaped(text)) }, { text: and(startsWith(text), endsWith(text), contains(text), ne(`${text}!`)), items: has(text) },
        { pairs: at(text, text) }, sql`text = ${text}`,
      ];
      if (!text.startsWith('$')) conditions.push({ doc: at(text, at(`x${text}`, text)) });
      for (const [index, where] of conditions.entries())
        expect((await rows.find({ where: and<Hostile>(where, { id }), select: ['id', 'text'] })).map((row) => row.text), `${index}: ${JSON.stringify(text)}`).to.deep.equal([text]);
    }
    expect(await rows.count()).to.equal(COUNT);
  }); // prettier-ignore

  it('are refused as names, and never run', async () => {
    const rows = await stored();
    const names = new Set(['id', 'text', 'items', 'pairs', 'doc']);
    const asName = (name: string): readonly (() => Promise<unknown>)[] => [
      () => rows.find({ where: { [name]: 1 } as never }), () => rows.find({ select: [name as 'id'] }), () => rows.find({ orderBy: { [name]: 'asc' } as never }),
      () => rows.find({ orderBy: { id: name as 'asc' } }), () => rows.aggregate({ groupBy: [name as 'id'], select: {} }), () => rows.insert({ id: 5000, [name]: 1 } as never),
      () => rows.update({ id: 1 }, { [name]: 1 }), () => rows.find({ where: { doc: at(`$${name}[`, 'x') } }), () => rows.find({ [name]: 1 }),
    ]; // prettier-ignore
    for (const name of strings.filter((each) => !names.has(each) && each !== 'where'))
      for (const [index, call] of asName(name).entries()) {
        const error: unknown = await call().then(() => 'nothing', (thrown: unknown) => thrown); // prettier-ignore
        if (index === 7 && error === 'nothing') continue; // what follows the $ may be a path
        const what = `${index}: ${JSON.stringify(name)}: ${String(error)}`;
        expect(isDatabaseError(error), what).to.equal(true);
        expect((error as { code: string }).code, what).to.match(/^E_(?:QUERY|VALIDATION)$/);
      }
    expect([await rows.count(), Object.keys(Object.prototype)]).to.deep.equal([COUNT, []]);
  });

  it('as cursors are refused, and none of them is repeated', async () => {
    const rows = await stored();
    const { next } = await rows.findPage({ limit: 1 });
    for (const [index, text] of strings.entries())
      for (const cursor of [text, `${next}${text}`, Buffer.from(text).toString('base64url')]) {
        const error = await failure(rows.findPage({ limit: 1, after: cursor }), 'E_QUERY').catch(() => undefined);
        // nothing added is the cursor itself
        if (text !== '') expect(error?.message, `${index}: ${JSON.stringify(cursor)}`).to.include('the cursor');
        if (text.length > 20) expect(error?.message).to.not.include(text);
      }
  });

  it('as names of files are what they are, or refused, and write nowhere else', async () => {
    const folder = scratchFolder();
    const inside = join(folder, 'in', 'side');
    mkdirSync(inside, { recursive: true });
    const rows = await stored();
    const one = { where: { id: 0 } } as const;
    let written = 0;
    for (const text of strings.map((each) => each.slice(0, 60))) {
      try {
        expect(await rows.exportTo(join(inside, `${text}.parquet`), one), JSON.stringify(text)).to.equal(1);
        written += 1;
        if (written % 5 === 0)
          expect(await rows.importFrom(join(inside, `${text}.parquet`), { onConflict: 'ignore' })).to.equal(0);
      } catch (error) {
        expect(isDatabaseError(error), `${JSON.stringify(text)}: ${String(error)}`).to.equal(true);
        // E_VALIDATION: to DuckDB the `a=b\\` of a name is a folder of a Hive layout, with a column more
        expect((error as { code: string }).code, `${JSON.stringify(text)}: ${String(error)}`).to.match(/^E_(?:CONFIG|NOT_FOUND|PERMISSION|UNSUPPORTED|VALIDATION)$/);
      }
    }
    expect(written).to.be.greaterThan(COUNT / 3);
    const there = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter((entry) => entry.isFile());
    expect(there.filter(({ name }) => name.endsWith('.tmp'))).to.deep.equal([]);
    expect(there.length).to.be.at.most(written);
    expect(await rows.count()).to.equal(COUNT);
  }); // prettier-ignore

  it('name results as they are, where a name can be that', async () => {
    const rows = await stored();
    let named = 0;
    for (const name of strings) {
      expect(await rows.aggregate({ where: { id: 1 }, groupBy: { [name]: 'id' }, select: {} } as never).then((got) => ((named += 1), Object.keys(got[0] as object)), (error: unknown) => {
        expect(isDatabaseError(error, 'E_QUERY'), `${JSON.stringify(name)}: ${String(error)}`).to.equal(true);
        return [name];
      }), JSON.stringify(name)).to.deep.equal([name]);
    }
    expect(named).to.be.greaterThan(COUNT / 2);
  }); // prettier-ignore
});
