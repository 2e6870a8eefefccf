// A process that holds the file by DuckDB alone, as another program would, until it is killed.
import { writeSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const instance = await DuckDBInstance.create(process.argv[2]);
await instance.connect();
writeSync(1, 'ready held\n');
setInterval(() => {}, 1000);
