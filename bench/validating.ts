// Rules on rows: compiled once beside the library's validateSync for each row, and what insertMany costs with them. Not here:
// insertMany beside others (inserting.ts).
import { BaseDuckDBManager, Column, Table } from '@mysingle/database';
import { IsBoolean, IsDate, IsIn, IsInt, IsNumber, IsOptional, IsString, Length, Max, MaxLength, Min, ValidateIf, validateSync } from 'class-validator'; // prettier-ignore
import { rulesOf } from '../lib/entity/rules.js';
import { schemaOf } from '../lib/entity/schema.js';
import { expectCount, interleaved, type Contender, type Samples } from './harness.js';
import { atLeast, type Theme } from './theme.js';

const ROWS = 10_000;
const [COMPILED, LIBRARY] = ['compiled', 'validateSync each'] as const;
const [WITH, WITHOUT, SWITCHED] = ['with rules', 'without rules', 'validate: false'] as const;

/** The same columns, with and without rules. */
abstract class Columns {
  abstract id: number;
}

@Table('ruled_fills')
class Ruled extends Columns {
  @Column('integer', { primaryKey: true }) @IsInt() @Min(0) id!: number;
  @Column('varchar') @IsString() @Length(1, 12) symbol!: string;
  @Column('varchar') @IsIn(['buy', 'sell']) side!: string;
  @Column('double') @IsNumber() @Min(0) @Max(1_000_000) price!: number;
  @Column('boolean') @IsBoolean() isLive!: boolean;
  @Column('timestamptz') @IsDate() at!: Date;
  @Column('varchar', { nullable: true }) @IsOptional() @MaxLength(80) note!: string | null;
  @Column('double', { nullable: true }) @ValidateIf((fill: Ruled) => fill.isLive) @IsNumber() fee!: number | null;
}

@Table('plain_fills')
class Plain extends Columns {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
  @Column('varchar') side!: string;
  @Column('double') price!: number;
  @Column('boolean') isLive!: boolean;
  @Column('timestamptz') at!: Date;
  @Column('varchar', { nullable: true }) note!: string | null;
  @Column('double', { nullable: true }) fee!: number | null;
}

const fills = Array.from({ length: ROWS }, (_each, id) => ({
  id,
  symbol: `S${id % 500}`,
  side: id % 2 === 0 ? 'buy' : 'sell',
  price: (id % 1000) / 8,
  isLive: id % 3 > 0,
  at: new Date(Date.UTC(2024, 0, 1) + id * 1000),
  note: id % 5 === 0 ? 'by hand' : null,
  fee: id % 4,
}));

function judging(): Promise<Samples> {
  const rules = rulesOf(schemaOf(Ruled), {});
  const judged = (judge: (row: object, n: number) => boolean): Contender => ({
    run: () => fills.reduce((good, row, n) => (judge(row, n) ? good + 1 : good), 0),
    finish: (good) => expectCount('good rows', good, ROWS),
  });
  return interleaved(
    {
      [COMPILED]: judged((row, n) => rules?.row(row, n) === undefined),
      [LIBRARY]: judged(
        (row) =>
          validateSync(Object.assign(Object.create(Ruled.prototype) as Ruled, row), {
            skipUndefinedProperties: true,
            forbidUnknownValues: false,
          }).length === 0,
      ),
    },
    { rounds: 9, warm: 3 },
  );
}

function inserts(): Promise<Samples> {
  const insert = (entity: typeof Ruled | typeof Plain, validate = true): Contender<BaseDuckDBManager> => ({
    prepare: () => BaseDuckDBManager.open({ path: ':memory:', entities: [entity], logger: false, cache: false }),
    run: (db) => db.repository(entity).insertMany(fills, { validate }),
    finish: async (count, db) => {
      expectCount('rows', count, ROWS);
      await db.close();
    },
  });
  return interleaved(
    { [WITH]: insert(Ruled), [WITHOUT]: insert(Plain), [SWITCHED]: insert(Ruled, false) },
    { rounds: 9, warm: 3 },
  );
}

export async function validating(): Promise<Theme> {
  const [judged, inserted] = [await judging(), await inserts()];
  return {
    title: 'Rows with rules',
    notes: [
      'Rows of 8 columns with 13 rules of class-validator, two conditions among them. The library is given an instance of the class, as it asks for; making it is in its time, as it is in ours.',
    ],
    tables: [
      { title: '10,000 good rows judged', unit: 'ms', samples: judged, against: LIBRARY },
      { title: 'insertMany, 10,000 rows in memory', unit: 'ms', samples: inserted, against: WITHOUT },
    ],
    figures: [atLeast('10k rows judged by 13 rules', 5, 'faster than validateSync', judged[LIBRARY], judged[COMPILED])],
  };
}
