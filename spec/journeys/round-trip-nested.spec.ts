// Lists, arrays, structs, maps and unions of anything, three levels deep, the types as random as the values: in by every way,
// out by every way, the same to the last bit. Settings as in round-trip.spec.ts.
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import type { TypeCase } from '../support/arbitraries.js';
import { EveryWay, wideEntity, wideRows, type WideRow } from '../support/every-way.js';
import { nestedCases } from '../support/nested-arbitraries.js';
import { hold } from '../support/property.js';
import { openManager, removeScratch } from '../support/scratch.js';

const tables = (depth: number): fc.Arbitrary<readonly [TypeCase[], WideRow[]]> =>
  fc
    .array(nestedCases(depth), { minLength: 5, maxLength: 5 })
    .chain((cases) => fc.tuple(fc.constant(cases), wideRows(cases, 8)));

async function check(cases: readonly TypeCase[], rows: readonly WideRow[]): Promise<void> {
  const Wide = wideEntity(cases);
  const db = await openManager({ entities: [Wide] });
  await new EveryWay(db, Wide, cases).check(rows);
  await removeScratch();
}

describe('the round trip of nested types', () => {
  for (const [depth, runs] of [
    [1, 3],
    [2, 3],
    [3, 4],
  ] as const)
    it(`of depth ${depth}`, async function () {
      this.timeout(600_000);
      await hold(
        fc.asyncProperty(tables(depth), ([cases, rows]) => check(cases, rows)),
        runs,
      );
    });
});
