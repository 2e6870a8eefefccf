// A process that writes until it is killed, and says what was done: a line for each write, synchronously, once its promise has
// resolved. Not here: who kills it.
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BaseDuckDBManager } from '@mysingle/database';
import { pino } from 'pino';
import { ENTITIES } from './entities.js';
import { WRITES, kindOf } from './workload.js';

interface Told {
  readonly path: string;
  readonly lanes: readonly string[];
}

const { path, lanes } = JSON.parse(process.argv[2] as string) as Told;

// not through process.stdout, which might keep a line back
const say = (line: string): void => void writeSync(1, `${line}\n`);

const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());

const logger = pino(
  { level: 'info' },
  {
    write(text: string) {
      const { msg, transactions } = JSON.parse(text) as { msg: string; transactions?: number };
      if (msg === 'Writes made in fallback applied to the database') say(`applied ${transactions}`);
      if (msg === 'Writes made in fallback cannot be applied yet') say(`failed ${text.trim()}`);
    },
  },
);

async function run(db: BaseDuckDBManager, lane: string): Promise<void> {
  const write = WRITES[kindOf(lane)];
  for (let n = 1; !stopping.signal.aborted; n += 1) {
    const key = await write(db, lane, n);
    say(`ack ${lane} ${n}${key === undefined ? '' : ` ${key}`}`);
  }
}

try {
  say('imported');
  const db = await BaseDuckDBManager.open({ path, entities: ENTITIES, logger });
  say(`ready ${db.mode}`);
  const watching = setInterval(() => {
    if (db.mode !== 'file') return;
    say('in');
    clearInterval(watching);
  }, 2);
  // without a lane it only waits
  while (lanes.length === 0 && !stopping.signal.aborted) await sleep(5);
  await Promise.all(lanes.map((lane) => run(db, lane)));
  clearInterval(watching);
  await db.close();
  say('closed');
} catch (error) {
  say(`failed ${error instanceof Error ? (error.stack ?? error.message).replaceAll('\n', ' | ') : String(error)}`);
  process.exitCode = 1;
}
