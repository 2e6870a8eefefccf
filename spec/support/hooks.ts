// What holds for every spec: stack traces in .ts, promise assertions, no manager and no process left, no file left behind.
import type { RootHookObject } from 'mocha';
import { endChildren } from './child.js';
import { removeScratch } from './scratch.js';

// cheaper than node-option, which makes mocha spawn a child
process.setSourceMapsEnabled(true);

// specs that test the environment set these themselves
delete process.env['DUCKDB_PATH'];
delete process.env['CACHE_TTL_HOURS'];
delete process.env['DUCKDB_CURSOR_SECRET'];

export const mochaHooks: RootHookObject = {
  async afterEach() {
    await endChildren();
    await removeScratch();
  },
};
