import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const root = join(import.meta.dirname, '..', '..');
const script = "console.log(typeof require('@mysingle/database').BaseDuckDBManager)";

describe('the package', () => {
  it('is loaded by code that has no file, whose global __filename is no path', () => {
    const loads: [args: string[], input: string][] = [
      [['-e', script], ''],
      [['-p', "import('@mysingle/database').then((all) => console.log(typeof all.BaseDuckDBManager)); ''"], ''],
      [['-'], script],
      [['--input-type=module', '-e', "console.log(typeof (await import('@mysingle/database')).BaseDuckDBManager)"], ''],
    ];
    for (const [args, input] of loads) {
      const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, input, encoding: 'utf8' });
      expect(stdout.trim(), `${args.join(' ')}: ${stderr}`).to.equal('function');
    }
  });
});
