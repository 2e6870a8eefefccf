import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { Misfit } from '../../lib/entity/misfit.js';
import { dateText, floorDiv, offsetText, parseDate, parseTime, parseTimeTz, parseTimestamp, timeText, timestampText } from '../../lib/entity/time-text.js'; // prettier-ignore
import { random } from '../support/random.js';
import { openManager } from '../support/scratch.js';

const MICROS = 1_000_000n;

describe('time-text', () => {
  it("writes and reads what DuckDB's own casts do", async () => {
    const { seed, bits, below } = random();
    const db = await openManager();
    for (let round = 0; round < 40; round += 1) {
      // both far away and near: years of four digits are where people live
      const micros = BigInt.asIntN(64, bits(64)) / (round % 2 === 0 ? 2n : 200n);
      const days = below(round % 2 === 0 ? 2 ** 32 - 4 : 800_000) - (round % 2 === 0 ? 2 ** 31 - 2 : 400_000);
      const clock = bits(40) % 86_400_000_000n;
      const offset = below(2 * 57_599) - 57_599;
      const [row] = await db.query(sql`select make_timestamp(${micros}::bigint)::varchar as ts,
        (date '1970-01-01' + ${days}::int)::date::varchar as d, (time '00:00:00' + to_microseconds(${clock}::bigint))::varchar as t`);
      const hint = `seed ${seed}, round ${round}`;
      expect(row, hint).to.deep.equal({ ts: timestampText(micros, MICROS), d: dateText(days), t: timeText(clock) });
      expect(parseTimestamp(row?.['ts'] as string, MICROS, false), hint).to.equal(micros);
      expect(parseDate(row?.['d'] as string), hint).to.equal(days);
      expect(parseTime(row?.['t'] as string), hint).to.equal(clock);
      const zoned = timeText(clock) + offsetText(offset);
      expect(parseTimeTz(zoned), hint).to.deep.equal({ micros: clock, offset });
      expect(await db.query(sql`select ${zoned}::timetz as z`), hint).to.deep.equal([{ z: zoned }]);
    }
  });

  it('writes and reads all days that DuckDB has, far beyond those of a Date', async () => {
    const last = 2 ** 31 - 2;
    const days = [
      last,
      -last,
      last - 1,
      1 - last,
      0,
      -1,
      -719_162,
      -719_163,
      -719_528,
      -719_529,
      100_000_001,
      -100_000_001,
      2_932_897,
    ];
    const db = await openManager();
    const rows = await db.query<{ text: string }>(
      sql`select (date '1970-01-01' + unnest(${days}::int[]))::date::varchar as text`,
    );
    expect(days.map(dateText)).to.deep.equal(rows.map(({ text }) => text));
    expect(rows.map(({ text }) => parseDate(text))).to.deep.equal(days);
    // each day after the other, over all kinds of centuries, as a Date counts them
    for (let day = -800_000; day < 200_000; day += 1) {
      const text = dateText(day);
      if (text.endsWith(')')) continue;
      if (parseDate(text) !== day || Date.parse(`${text}T00:00:00Z`) !== day * 86_400_000) throw new Error(text);
    }
  });

  it('reads what people write', () => {
    const at = BigInt(Date.UTC(2024, 1, 29, 12, 30)) * 1000n;
    const texts: readonly (readonly [string, bigint])[] = [
      ['2024-02-29 12:30', at], ['2024-02-29T12:30:00', at], ['2024-02-29T12:30:00.0Z', at], ['2024-02-29 21:30:00+09', at],
      ['2024-02-29 07:00:00-05:30', at], ['2024-02-29 21:30:00+0900', at], ['2024-02-29', at - 45_000n * MICROS],
      ['2024-02-29 12:30:00.000001', at + 1n], ['2024-02-28 24:00:00', at - 45_000n * MICROS],
    ]; // prettier-ignore
    for (const [text, micros] of texts) expect(parseTimestamp(text, MICROS, true), text).to.equal(micros);
    expect(parseTime('09:05')).to.equal(32_700n * MICROS);
    expect(parseDate('0001-01-01 (BC)')).to.equal(parseDate('0001-01-01') - 366);
  });

  it('refuses days in no calendar, times on no clock, and zones where there are none', () => {
    for (const text of [
      '2023-02-29',
      '2024-00-01',
      '2024-13-01',
      '2024-01-00',
      '2024-01-32',
      '24-01-01',
      '2024-1-1',
      '',
      'today',
      '2024-01-01\n',
      '2024-01-01 ',
    ])
      expect(() => parseDate(text), text).to.throw(Misfit);
    for (const text of ['24:00:01', '24:00:00.000001', '23:60', '23:59:60', '9:00', '09', '', '12:00:00.0000001'])
      expect(() => parseTime(text), text).to.throw(Misfit);
    for (const text of ['2024-01-01 12:00+09', '2024-01-01 12:00-00', '2024-01-01 12', 'infinity', '2024-01-01x12:00'])
      expect(() => parseTimestamp(text, MICROS, false), text).to.throw(Misfit);
    for (const text of ['12:00', '12:00+9', '+09', '12:00 +09']) expect(() => parseTimeTz(text), text).to.throw(Misfit);
    for (const text of ['5881580-07-11', '5877642-06-24 (BC)', '9999999-01-01', '0000-01-01 (BC)', '12345678-01-01'])
      expect(() => parseDate(text), text).to.throw(Misfit);
    for (const text of ['2024-01-01 12:00+09:60', '2024-01-01 12:00+09:00:60'])
      expect(() => parseTimestamp(text, MICROS, true), text).to.throw(Misfit, 'offset that is on no clock');
  });

  it('floors towards the past', () => {
    for (const [a, b] of [
      [-1n, -1n],
      [-1000n, -1n],
      [-1001n, -2n],
      [0n, 0n],
      [999n, 0n],
      [1000n, 1n],
    ] as const)
      expect(floorDiv(a, 1000n)).to.equal(b);
  });
});
