// npm run bench:types: how long the compiler takes for an application of 60 entities and 700 queries, whose types it all infers.
// Asserts nothing about speed. Not here: whether the types are right (spec/).
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine, versionOf, versions } from './machine.js';
import { median } from './harness.js';

const [ENTITIES, COLUMNS, QUERIES, ROUNDS] = [60, 30, 700, 5];
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Kinds of columns, by turns. */
const KINDS: readonly (readonly [type: string, property: string])[] = [
  [`'integer'`, 'number'], [`'varchar'`, 'string'], [`'double', { nullable: true }`, 'number | null'], [`'bigint'`, 'bigint'], [`'timestamptz'`, 'Date'],
  [`'decimal(18,4)'`, 'string'], [`'boolean'`, 'boolean'], [`list('double')`, 'number[]'], [`struct({ venue: 'varchar', fee: 'double' })`, '{ venue: string; fee: number }'],
  [`enumOf('state', ['queued', 'done'])`, `'queued' | 'done'`], [`'timestamptz', { default: now() }`, 'Generated<Date>'], [`json<{ a: number }[]>()`, '{ a: number }[]'],
]; // prettier-ignore

function entity(number: number): string {
  const columns = Array.from({ length: COLUMNS }, (_column, index) => {
    const [type, property] = KINDS[index % KINDS.length] as readonly [string, string];
    return `  @Column(${type}) c${index}!: ${property};`;
  });
  return [`@Table('e${number}') class E${number} {`, `  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;`, ...columns, '}'].join('\n'); // prettier-ignore
}

/** Kinds of queries, by turns; `k` is where the kinds of columns begin in it. */
const QUERY: readonly ((k: number) => string)[] = [
  (k) => `find({ where: { c${k}: gt(1), c${k + 1}: like('a%'), c${k + 2}: isNull() }, orderBy: { c${k + 4}: 'desc' }, limit: 10 })`,
  (k) => `find({ where: or({ c${k + 3}: oneOf([1n, 2n]) }, { c${k + 9}: 'done' }), select: ['id', 'c${k}', 'c${k + 2}'] })`,
  (k) => `find({ where: { c${k + 8}: at('venue', startsWith('X')), c${k + 7}: at(0, gt(1)) }, select: ['c${k + 8}'] })`,
  (k) => `aggregate({ groupBy: ['c${k + 1}'], select: { n: count(), mean: avg('c${k}'), last: max('c${k + 4}') }, having: { mean: gt(1) }, orderBy: { n: 'desc' } })`,
  (k) => `aggregate({ groupBy: { hour: timeBucket('1h', 'c${k + 4}'), state: 'c${k + 9}' }, select: { total: sum('c${k + 5}'), best: argMax('c${k + 1}', 'c${k}') } })`,
  (k) => `aggregate({ groupBy: { month: timeBucket('month', 'c${k + 4}') }, select: { big: count().filter({ c${k}: gt(5) }), close: last('c${k + 5}', 'c${k + 4}') }, fill: { carry: ['close'] } })`,
  (k) => `window({ partitionBy: ['c${k + 1}'], orderBy: { c${k + 4}: 'asc' }, select: { at: 'c${k + 4}', before: lag('c${k + 5}'), mean: movingAvg('c${k}', 20), place: rank() }, qualify: { place: lte(3) } })`,
  (k) => `latestBy(['c${k + 1}'], { orderBy: 'c${k + 4}', select: ['id', 'c${k + 5}'] })`,
  (k) => `asOf(E${k}, { on: 'c${k + 4}', by: ['c${k + 1}'], tolerance: '5s', select: ['c${k}'] })`,
  (k) => `findPage({ orderBy: { c${k + 4}: 'desc' }, limit: 50, select: ['id', 'c${k + 1}'] })`,
  (k) => `find({ include: { others: many(E${k}, { where: { c${k}: gt(1) }, select: ['c${k + 1}'], limit: 5 }) }, limit: 10 })`,
  (k) => `insert({ c0: 1, ${INSERTED.replaceAll('#', String(k))} })`,
  (k) => `update({ c${k + 1}: 'x' }, { c${k + 2}: null, c${k + 5}: '1.5' })`,
]; // prettier-ignore
const INSERTED = Array.from({ length: COLUMNS }, (_column, index) => index)
  .filter((index) => index > 0 && index % KINDS.length !== 10)
  .map((index) => `c${index}: ${[1, `'x'`, 'null', '1n', 'new Date()', `'1.5'`, 'true', '[1]', `{ venue: 'x', fee: 1 }`, `'done' as const`, '', '[{ a: 1 }]'][index % KINDS.length]}`)
  .join(', '); // prettier-ignore

function source(): string {
  const names = 'Column, Table, at, argMax, avg, count, enumOf, gt, isNull, json, lag, last, like, list, lte, many, max, movingAvg, now, oneOf, or, rank, startsWith, struct, sum, timeBucket, uuid7, type Generated, type Repository'; // prettier-ignore
  const queries = Array.from({ length: QUERIES }, (_query, index) => {
    const query = QUERY[index % QUERY.length] as (k: number) => string;
    return `export const q${index} = async (repository: Repository<E${index % ENTITIES}>) => repository.${query(index % 2 === 0 ? 0 : 12)};`;
  });
  return [`import { ${names} } from '@mysingle/database';`, ...Array.from({ length: ENTITIES }, (_entity, n) => entity(n)), ...queries].join('\n'); // prettier-ignore
}

interface Run {
  readonly seconds: number;
  readonly instantiations: number;
  readonly megabytes: number;
}

function check(folder: string): Run {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const { stdout, status } = spawnSync(tsc, ['-p', folder, '--noEmit', '--extendedDiagnostics'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The application does not compile: ${stdout.slice(0, 2000)}`);
  const figure = (name: string): number => Number.parseFloat((new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(stdout) ?? [])[1] ?? 'NaN'); // prettier-ignore
  return { seconds: figure('Total time'), instantiations: figure('Instantiations'), megabytes: figure('Memory used') / 1024 }; // prettier-ignore
}

const folder = mkdtempSync(join(root, 'dist', 'bench-types-'));
try {
  mkdirSync(join(folder, 'node_modules', '@mysingle'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules', '@mysingle', 'database'));
  writeFileSync(join(folder, 'app.ts'), source());
  const options = { target: 'es2022', module: 'nodenext', strict: true, exactOptionalPropertyTypes: true, experimentalDecorators: true, skipLibCheck: true, types: ['node'] }; // prettier-ignore
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['app.ts'] }));
  const runs = Array.from({ length: ROUNDS }, () => check(folder));
  const seconds = runs.map((run) => run.seconds);
  console.log(`${machine()}; TypeScript ${versionOf('typescript')}, ${JSON.stringify(versions())}`);
  console.log(`${ENTITIES} entities of ${COLUMNS + 1} columns, ${QUERIES} queries, ${ROUNDS} runs of the compiler, all of it: parse, bind, check`); // prettier-ignore
  console.log(`wanted: under 2 s; measured: ${median(seconds).toFixed(2)} s [${Math.min(...seconds).toFixed(2)}..${Math.max(...seconds).toFixed(2)}]`); // prettier-ignore
  console.log(`${runs[0]?.instantiations.toLocaleString('en-US')} instantiations, ${runs[0]?.megabytes.toFixed(0)} MB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
