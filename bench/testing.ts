// What a test pays for a database of its own, and for coming back to a snapshot. Not here: a cold start (startup.ts).
import { Column, Index, Table, enumOf, now, sequence, type BaseDuckDBManager } from '@mysingle/database';
import { createTestManager, seed } from '@mysingle/database/testing';
import { expectCount, interleaved } from './harness.js';
import type { Theme } from './theme.js';

const ENTITIES = 10;
const ROWS = 100;

function entity(number: number): new () => object {
  @Table(`tested_${number}`)
  class TestedEntity {
    @Column('bigint', { primaryKey: true, default: sequence() }) id!: bigint;
    @Column('varchar', { unique: true }) name!: string;
    @Column('varchar') @Index() owner!: string;
    @Column('decimal(18,4)') price!: string;
    @Column('double', { nullable: true }) sharpe!: number | null;
    @Column(enumOf(`state_${number}`, ['queued', 'done'])) state!: 'queued' | 'done';
    @Column('timestamptz', { default: now() }) createdAt!: Date;
  }
  return TestedEntity;
}

const LABELS = {
  make: 'createTestManager',
  close: 'close',
  snapshot: `snapshot of ${ROWS} rows each`,
  empty: 'restore of no rows',
  full: `restore of ${ROWS} rows each`,
} as const;

export async function testing(): Promise<Theme> {
  const entities = Array.from({ length: ENTITIES }, (_, number) => entity(number));
  const first = entities[0] as (typeof entities)[number];
  await using empty = await createTestManager({ entities });
  await using full = await createTestManager({ entities });
  await seed(full, entities.map((each) => [each, ROWS])); // prettier-ignore
  const [noRows, rows] = [await empty.snapshot(), await full.snapshot()];
  const open = (): Promise<BaseDuckDBManager> => createTestManager({ entities });
  const samples = await interleaved(
    {
      [LABELS.make]: { run: open, finish: (db: BaseDuckDBManager) => db.close() },
      [LABELS.close]: { prepare: open, run: (db: BaseDuckDBManager) => db.close() },
      [LABELS.snapshot]: {
        run: () => full.snapshot(),
        finish: (taken: typeof rows) => taken[Symbol.asyncDispose](),
      },
      [LABELS.empty]: { run: () => noRows.restore() },
      [LABELS.full]: {
        prepare: () => full.repository(first).delete({ name: 'name-1' }),
        run: () => rows.restore(),
        finish: async () => expectCount('rows after a restore', await full.repository(first).count(), ROWS),
      },
    },
    { rounds: 20, warm: 2 },
  );
  return {
    title: `A database for each test, of ${ENTITIES} entities`,
    tables: [{ title: '20 rounds', unit: 'ms', samples, against: LABELS.make }],
    figures: [
      { path: `a test manager of ${ENTITIES} entities`, bound: 'under', wanted: 30, unit: 'ms', of: '', measured: samples[LABELS.make] ?? [] },
    ], // prettier-ignore
  };
}
