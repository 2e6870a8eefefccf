// The projects that consume the package: how each is compiled, and what its program prints. Not here: how they run.
import { deepEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { run, type Workshop } from './workshop.js';

const PROGRAM = ['main.ts', 'service.ts', 'injected.ts', 'untyped.ts'];

const ROWS = [
  'row: true {"id":2,"symbol":"MSFT","qty":"5n","at":"2026-01-02T03:04:05.000Z","price":null}',
  'cached: [{"symbol":"MSFT","trades":1,"qty":"5n"}] 1',
  'ended: [{"symbol":"AAPL","trades":2,"qty":"11n"}] 2',
];

const WORKS = 'injected: 3';
const HIDDEN =
  'injected: Reports.trades: this build makes a field of it, which would hide the repository and stay undefined. ' +
  'Set "useDefineForClassFields": false, or write it with declare: @InjectRepository(Trade) declare trades: Repository<Trade>.';
const DRAFT =
  'injected: @InjectRepository on trades: this build follows an early draft of the standard decorators, whose fields hide what they are given. ' +
  'Take that of 2023-11 (swc: "decoratorVersion": "2023-11"), or write it as an accessor: accessor trades.';

const untyped = (cause: string, column = 'Untyped.price'): string =>
  `untyped: ${column}: cannot tell the column's type: ${cause}. Write it out: @Column('varchar').`;
const OBJECT = untyped(
  'the compiler emitted Object for the property, as it does for Generated<T>, T | null, other unions, interfaces, and types it infers from an initializer',
);
const NO_METADATA =
  'the compiler emitted no metadata ("emitDecoratorMetadata" is off in tsconfig.json, or the file was compiled by esbuild or tsx, which cannot emit it)';
const STANDARD = untyped('standard decorators carry no type information');

/** A folder, whether its columns are inferred from metadata or have explicit types, what it prints, and what else is compiled in it. */
type Project = readonly [
  folder: string,
  columns: 'inferred' | 'explicit' | 'none',
  prints: readonly string[],
  more?: readonly string[],
];

// prettier-ignore
const PROJECTS: readonly Project[] = [
  ['tsc-legacy', 'inferred', [...ROWS, WORKS, OBJECT]],
  ['tsc-legacy-fields', 'inferred', [...ROWS, HIDDEN, OBJECT]],
  ['tsc-standard', 'explicit', [...ROWS, WORKS, STANDARD]],
  ['tsc-commonjs', 'inferred', [...ROWS, WORKS, OBJECT]],
  // what a Nest project was generated with for years
  ['tsc-node10', 'inferred', [...ROWS, WORKS, OBJECT], ['subpaths.ts']],
  ['commonjs', 'none', ['row: true', 'cached: 1 1', untyped(NO_METADATA, 'Trade.qty')]],
  ['swc-legacy', 'inferred', [...ROWS, WORKS, OBJECT]],
  ['swc-legacy-fields', 'inferred', [...ROWS, HIDDEN, OBJECT]],
  ['swc-standard', 'explicit', [...ROWS, WORKS, STANDARD]],
  ['swc-draft', 'explicit', [...ROWS, DRAFT, STANDARD]],
  ['esbuild-legacy', 'explicit', [...ROWS, WORKS, untyped(NO_METADATA)]],
  ['esbuild-standard', 'explicit', [...ROWS, WORKS, STANDARD]],
  ['tsx-legacy', 'explicit', [...ROWS, WORKS, untyped(NO_METADATA)]],
  ['tsx-standard', 'explicit', [...ROWS, WORKS, STANDARD]],
  ['vitest', 'inferred', ['TAP version 13', '1..3', 'ok 1 - main.spec.ts > rows and a cached method', 'ok 2 - main.spec.ts > an injected repository', 'ok 3 - main.spec.ts > a column without a type']],
  ['nest-12', 'inferred', ['{"held":"memory: 2","loads":1}', '{"held":"memory: 9007199254740995","loads":2}', 'ok up', 'closed', 'TAP version 13', '1..1', 'ok 1 - app.spec.ts > a service on a manager of the testing kit']],
  ['bundle', 'explicit', [...ROWS, WORKS, STANDARD]],
  ['bundle-whole', 'explicit', [...ROWS, WORKS, STANDARD]],
  // bun emits what a union has beside null
  ['bun-legacy', 'inferred', [...ROWS, WORKS, 'untyped: no error']],
  ['bun-standard', 'explicit', [...ROWS, WORKS, STANDARD]],
];

/** Each project by its name, as something to be done in the workshop. */
export function projects(workshop: Workshop): [name: string, check: () => Promise<void>][] {
  return PROJECTS.map(([name, columns, prints, more = []]) => {
    const check = async (): Promise<void> => {
      const programs = {
        ...Object.fromEntries([...PROGRAM, ...more].map((file) => [file, file])),
        [`trade.${columns}.ts`]: 'trade.ts',
      };
      const folder = workshop.project(name, columns === 'none' ? {} : programs);
      const output = await run('npm run --silent start', folder);
      deepEqual(output.replace(/ # time=\S+/g, '').split('\n'), prints);
    };
    return [name, check];
  });
}

const LEGACY = '--experimentalDecorators --emitDecoratorMetadata';
const BUNDLER = '--module esnext --moduleResolution bundler';

/** A compiler, its name in package.json, what it is told of decorators and of modules. Each version meets both of both. */
type Compiler = readonly [name: string, alias: string, decorators: string, modules: string];

// prettier-ignore
const COMPILERS: readonly Compiler[] = [
  ['TypeScript 7', 'typescript', LEGACY, '--module nodenext'],
  ['TypeScript 7', 'typescript', LEGACY, BUNDLER],
  ['TypeScript 7', 'typescript', '', '--module nodenext'],
  ['TypeScript 7', 'typescript', '', BUNDLER],
  ['TypeScript 6', 'typescript-6', LEGACY, '--module nodenext'],
  ['TypeScript 6', 'typescript-6', '', BUNDLER],
  ['TypeScript 5.9', 'typescript-5', LEGACY, BUNDLER],
  ['TypeScript 5.9', 'typescript-5', '', '--module nodenext'],
];

/**
 * The declarations of the package, and of all that they name, read by each compiler, and mistakes which it has to find; then
 * the program that it made.
 */
export function compilers(workshop: Workshop): [name: string, check: () => Promise<void>][] {
  return COMPILERS.map(([compiler, alias, decorators, modules]) => {
    const name = [compiler, decorators === '' ? 'standard decorators' : 'legacy decorators', modules].join(', ');
    const check = async (): Promise<void> => {
      // Nest's own declarations take the older ones three times as long
      const files = [...PROGRAM, 'mistakes.ts', ...(alias === 'typescript' ? ['subpaths.ts'] : [])];
      const programs = { ...Object.fromEntries(files.map((file) => [file, file])), 'trade.explicit.ts': 'trade.ts' };
      const folder = workshop.project('types', programs, name.replace(/\W+/g, '-'));
      const tsc = join(workshop.folder, 'node_modules', alias, 'bin', 'tsc');
      const output = await run(`node '${tsc}' -p . ${modules} ${decorators} && node out/main.js`, folder);
      // the target makes fields of properties
      deepEqual(output.split('\n'), [...ROWS, ...(decorators === '' ? [WORKS, STANDARD] : [HIDDEN, OBJECT])]);
    };
    return [name, check];
  });
}
