// Values of every type, random with their edges, in by every way there is and out by every way there is, the same to the last
// bit. `ROUND_TRIP_RUNS=20` runs 20 times as much, `ROUND_TRIP_SEED` repeats a run, `ROUND_TRIP_ONLY=varchar` is about such
// types alone. Not here: nested types (round-trip-nested.spec.ts), what is refused (round-trip-refusals.spec.ts).
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { SCALAR_CASES } from '../support/arbitraries.js';
import { EveryWay, wideEntity, wideRows } from '../support/every-way.js';
import { hold } from '../support/property.js';
import { openManager } from '../support/scratch.js';

const ONLY = new RegExp(process.env['ROUND_TRIP_ONLY'] ?? '');

const FAMILIES: readonly (readonly [string, RegExp])[] = [
  ['numbers', /^(?:boolean|u?(?:tiny|small|big|huge)?int(?:eger)?|float|double|decimal(?:\(.*\))?)(?: as number)?$/],
  ['text, bytes, documents and enums', /^(?:varchar|uuid|bit|blob|json|enum.*)$/],
  ['times', /^(?:date|time|interval)/],
];

describe('the round trip', () => {
  for (const [what, pattern] of FAMILIES) {
    it(`of ${what}`, async function () {
      const cases = SCALAR_CASES.filter(({ name }) => pattern.test(name) && ONLY.test(name));
      if (cases.length === 0) this.skip();
      this.timeout(600_000);
      const Wide = wideEntity(cases);
      const db = await openManager({ entities: [Wide] });
      const ways = new EveryWay(db, Wide, cases);
      await hold(
        fc.asyncProperty(wideRows(cases, 14), (rows) => ways.check(rows)),
        4,
      );
    });
  }

  it('is about every type that needs no other', () => {
    const left = SCALAR_CASES.filter(({ name }) => FAMILIES.filter(([, pattern]) => pattern.test(name)).length !== 1);
    if (left.length > 0) throw new Error(left.map(({ name }) => name).join(', '));
  });
});
