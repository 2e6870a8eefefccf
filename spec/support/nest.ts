// Nest applications for one test: silent, and closed when they go out of scope. Also: whether a file is free for another process.
import { Module, type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { startChild } from './child.js';

/** A module class with this metadata. */
export function moduleOf(metadata: ModuleMetadata): new () => object {
  const made = class AppModule {};
  Module(metadata)(made);
  return made;
}

export interface Running extends AsyncDisposable {
  readonly app: INestApplication;
  readonly get: <T>(token: unknown) => T;
}

/** Boots an application of a module, or of its metadata, on no port. */
export async function boot(given: ModuleMetadata | (new () => object), listen = false): Promise<Running> {
  const app = await NestFactory.create(typeof given === 'function' ? given : moduleOf(given), { logger: false, abortOnError: false }); // prettier-ignore
  if (listen) await app.listen(0, '127.0.0.1');
  else await app.init();
  return {
    app,
    get: <T>(token: unknown) => app.get<T>(token as never, { strict: false }),
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** What a boot fails with. */
export async function bootFailure(given: ModuleMetadata | (new () => object)): Promise<Error> {
  try {
    const { app } = await boot(given);
    await app.close();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a boot that fails, but it went well');
}

/** Whether another process can open a file for writing. */
export async function isFree(path: string): Promise<boolean> {
  await using child = await startChild(`
    import { DuckDBInstance } from '@duckdb/node-api';
    const instance = await DuckDBInstance.create(${JSON.stringify(path)});
    instance.closeSync();
  `);
  return (await child.ended).code === 0;
}
