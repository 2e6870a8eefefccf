// Conditions: what `where` takes, on columns of every kind, and what is not there.
import {
  BaseDuckDBManager,
  Column,
  Table,
  and,
  at,
  between,
  contains,
  gt,
  has,
  hasAny,
  ilike,
  isNull,
  json,
  like,
  list,
  lt,
  map,
  ne,
  noneOf,
  not,
  oneOf,
  or,
  sql,
  startsWith,
  struct,
} from '@mysingle/database';

@Table('trades')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
  @Column('decimal(18,2)') price!: string;
  @Column('varchar', { nullable: true }) note!: string | null;
  @Column('date', { as: 'string' }) day!: string;
  @Column(list('varchar')) tags!: string[];
  @Column(struct({ venue: 'varchar', fee: 'double' })) route!: { venue: string; fee: number };
  @Column(map('varchar', 'integer')) lots!: Map<string, number>;
  @Column(json<{ author: { name: string }; drafts?: number }>()) doc!: { author: { name: string }; drafts?: number };
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Trade], logger: false });
const trades = db.repository(Trade);
const trade = (id: number, symbol: string, price: string, note: string | null, tags: string[], venue: string) => ({
  id,
  symbol,
  price,
  note,
  tags,
  day: `2026-01-0${id}`,
  route: { venue, fee: id / 10 },
  lots: new Map([[symbol, id * 10]]),
  doc: { author: { name: id % 2 === 0 ? 'Ada' : 'Bob' }, drafts: id },
});
await trades.insertMany([
  trade(1, 'AAPL', '190.50', null, ['live'], 'XNAS'),
  trade(2, 'AAPL', '200.00', 'draft_1', ['live', 'eu'], 'XNAS'),
  trade(3, 'MSFT', '410.00', '50%', [], 'ARCX'),
  trade(4, 'NVDA', '99.99', 'Draft of it', ['paper'], 'XNAS'),
]);

/** The ids of what matches. */
async function show(what: string, where: Parameters<typeof trades.count>[0]): Promise<void> {
  const rows = await trades.find({ ...(where === undefined ? {} : { where }), orderBy: { id: 'asc' } });
  console.log(what.padEnd(22), rows.map(({ id }) => id).join(' '));
}

// an object: all of it must hold; a bare value means equal
await show('symbol and price', { symbol: oneOf(['AAPL', 'MSFT']), price: gt('195') });
// several of one column, or of several columns
await show('cheap or dear', { price: or(lt('100'), gt('400')) });
await show('either', or({ note: isNull() }, { symbol: 'MSFT', price: gt('400') }));
await show('all but', and(not({ symbol: 'NVDA' }), { day: between('2026-01-02', '2026-01-04') }));

// text: a pattern, or as it is
await show('pattern', { note: like('draft\\_%') });
await show('whatever the case', { note: ilike('draft%') });
await show('as it is', { note: or(startsWith('draft_'), contains('50%')) });

// NULL: a comparison with it is false, and ne, noneOf and not are exact complements, which find it
await show('ne', { note: ne('50%') });
await show('noneOf', { note: noneOf(['50%', 'draft_1']) });
await show('not', { note: not(like('%d%')) });

// lists; members of structs, values of maps, items of lists, and paths into JSON by at()
await show('has', { tags: has('live') });
await show('has any', { tags: hasAny(['eu', 'paper']) });
await show('last item', { tags: at(-1, 'eu') });
await show('member', { route: and(at('venue', 'XNAS'), at('fee', gt(0.15))) });
await show('key of a map', { lots: at('AAPL', gt(10)) });
await show('path', { doc: and(at('$.author.name', like('A%')), at('drafts', lt(3))) });

// anything else as SQL, alone or among others
await show('sql', and({ symbol: 'AAPL' }, sql`length(note) > ${3}`));
