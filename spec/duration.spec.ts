import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Duration } from '@mysingle/database';
import { durationMs } from '../lib/duration.js';
import { failure } from './support/failure.js';

describe('duration', () => {
  it('gives milliseconds for every unit, fractions too', () => {
    const cases: readonly (readonly [Duration, number])[] = [
      ['0ms', 0],
      ['250ms', 250],
      ['30s', 30_000],
      ['5m', 300_000],
      ['1h', 3_600_000],
      ['7d', 604_800_000],
      ['1.5h', 5_400_000],
      ['0.5ms', 0.5],
      ['0010s', 10_000],
    ];
    for (const [duration, ms] of cases) expect(durationMs(duration), duration).to.equal(ms);
  });

  it('refuses whatever is no number with a unit, saying what and how to write it', async () => {
    const wrong: readonly unknown[] = [
      5, 5n, null, undefined, {}, ['5m'], '', ' ', '5', 'm', '5 m', ' 5m', '5m ', '5m\n', '5M', '5min', '-5m', '+5m', '.5m',
      '5.m', '1e3s', 'Infinitys', 'NaNs', '0x10s', '1_000ms', '99999999999999999999d', Number.NaN, new Date(0),
    ]; // prettier-ignore
    for (const duration of wrong) {
      const error = await failure(() => durationMs(duration as Duration, 'slowQuery'), 'E_CONFIG');
      expect(error.message).to.match(/^slowQuery: .* is not a duration\. Write .*'250ms'/s);
    }
  });

  it('does not compile for a bare number or an unknown unit', () => {
    // @ts-expect-error its unit would be a guess
    const bare: Duration = 5;
    // @ts-expect-error no unit
    const text: Duration = '5';
    // @ts-expect-error no such unit
    const weeks: Duration = '5w';
    expect([bare, text, weeks]).to.have.length(3);
  });
});
