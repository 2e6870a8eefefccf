// A file system of its own: one that is full soon, or that can be turned read-only. It takes root, on Linux.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { scratchFolder } from './scratch.js';

export interface Disk extends Disposable {
  readonly folder: string;
  readonly remount: (options: string) => void;
}

/** Mounted until it goes out of scope, or undefined where this process may not mount. */
export function smallDisk(megabytes: number): Disk | undefined {
  const folder = scratchFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'mysingle-spec', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return {
    folder,
    remount: (options) => void execFileSync('mount', ['-o', `remount,${options}`, folder]),
    // lazily: what a failed spec has left open must not keep it
    [Symbol.dispose]: () => void execFileSync('umount', ['-l', folder]),
  };
}

/** Takes up what is left of a disk, by one file. */
export function fillDisk(file: string): void {
  const handle = openSync(file, 'w');
  try {
    for (;;) writeSync(handle, Buffer.alloc(16_384, 1));
  } catch {
    // full
  } finally {
    closeSync(handle);
  }
}
