import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { verifyPacked } from '../../lib/engine/packed-file.js';
import { kindOf } from '../../lib/entity/file-source.js';
import { DatabaseError } from '../../lib/errors.js';
import { Limit } from '../../lib/limit.js';
import { failure } from '../support/failure.js';
import { scratchFolder } from '../support/scratch.js';

describe('verifyPacked', () => {
  it('is stopped by its limit, at any time', async () => {
    const folder = scratchFolder();
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0]);
    const files = { 'a.csv.gz': gzipSync(randomBytes(4_000_000)), 'a.csv.zst': Buffer.concat(Array.from({ length: 50_000 }, () => frame)) }; // prettier-ignore
    for (const [name, bytes] of Object.entries(files)) {
      writeFileSync(join(folder, name), bytes);
      const kind = kindOf(name, { format: 'csv' }, 'spec');
      const limit = new Limit();
      const reason = new DatabaseError('E_ABORTED', 'stopped');
      const running = failure(verifyPacked(join(folder, name), kind, 'spec', limit));
      limit.stop(reason);
      expect(await running, name).to.equal(reason);
      expect(await failure(verifyPacked(join(folder, name), kind, 'spec', limit))).to.equal(reason);
      expect(await verifyPacked(join(folder, name), kind, 'spec')).to.equal(undefined);
    }
  });
});
