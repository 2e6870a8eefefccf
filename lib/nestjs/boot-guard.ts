// Hearing of a boot that fails. Nest throws to whoever boots, calls no hook, and where its init() failed, close() may call none
// either. So the hooks that are still to come are listened to. Not here: what is done about it.
import type { ModulesContainer } from '@nestjs/core';

const HOOKS = ['onModuleInit', 'onApplicationBootstrap'] as const;

type Hook = (this: unknown, ...args: unknown[]) => unknown;

/** Calls `failed`, and waits for it, when a hook of the boot fails that has not been called yet. */
export function guardBoot(modules: ModulesContainer, failed: () => Promise<void>): void {
  for (const instance of instancesOf(modules)) for (const hook of HOOKS) listen(instance, hook, failed);
}

function instancesOf(modules: ModulesContainer): Set<Record<string, unknown>> {
  const wrappers = [...modules.values()].flatMap((module) => [
    ...module.providers.values(),
    ...module.controllers.values(),
    ...module.injectables.values(),
    ...module.middlewares.values(),
  ]);
  const instances = wrappers.flatMap((wrapper): unknown[] => [
    wrapper.instance,
    ...wrapper.getStaticTransientInstances().map((host) => host?.instance),
  ]);
  return new Set(
    instances.filter((each): each is Record<string, unknown> => typeof each === 'object' && each !== null),
  );
}

/**
 * The hook in its place takes itself off again when it is called. On a frozen object nobody can put one: it is left alone, and not heard
 * when it fails, which docs/nest.md says.
 */
function listen(instance: Record<string, unknown>, name: string, failed: () => Promise<void>): void {
  const { [name]: hook } = instance;
  if (typeof hook !== 'function') return;
  const own = Object.getOwnPropertyDescriptor(instance, name);
  async function heard(this: unknown, ...args: unknown[]): Promise<unknown> {
    if (own === undefined) Reflect.deleteProperty(instance, name);
    else Object.defineProperty(instance, name, own);
    try {
      return await (hook as Hook).apply(this, args);
    } catch (error) {
      await failed();
      throw error;
    }
  }
  Reflect.defineProperty(instance, name, { value: heard, configurable: true, writable: true });
}
