// The same properties on machines of other time zones: one that is ahead, one that is behind and changes its clocks. In processes
// of their own, for the zone of a process is read once; they begin with this process's seed.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SEED } from '../support/property.js';

const here = dirname(fileURLToPath(import.meta.url));
const mocha = join(dirname(createRequire(import.meta.url).resolve('mocha/package.json')), 'bin', 'mocha.js');
const SPECS = ['round-trip', 'round-trip-nested', 'round-trip-refusals', 'all-types'];

interface Report {
  readonly stats: { readonly passes: number; readonly failures: number };
  readonly failures: readonly { readonly fullTitle: string; readonly err: { readonly message?: string } }[];
}

/** Runs the properties, fewer than here, and gives what mocha reports. */
async function inZone(zone: string): Promise<Report> {
  const files = SPECS.map((name) => join(here, `${name}.spec.js`));
  const child = promisify(execFile)(
    process.execPath,
    [mocha, '--no-config', '--reporter', 'json', '--require', join(here, '..', 'support', 'hooks.js'), ...files],
    {
      env: { ...process.env, TZ: zone, ROUND_TRIP_ZONE: zone, ROUND_TRIP_SEED: String(SEED), ROUND_TRIP_RUNS: '0.3' },
      maxBuffer: 2 ** 26,
    },
  );
  // with failures it ends with their number, and reports them all the same
  const { stdout } = await child.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as Report;
}

describe('the round trip in other time zones', () => {
  it('is the same', async function () {
    this.timeout(600_000);
    const zones = ['Asia/Seoul', 'America/New_York'];
    const reports = await Promise.all(zones.map(inZone));
    for (const [index, { stats, failures }] of reports.entries()) {
      const texts = failures.map(({ fullTitle, err }) => `${zones[index]}: ${fullTitle}: ${err.message}`);
      expect(texts).to.deep.equal([]);
      expect(stats.passes).to.be.greaterThan(7);
    }
  });
});
