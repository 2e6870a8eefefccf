// What a secure manager says where files are asked for, before anything happens. Not here: what `secure` allows (engine/secure.ts).
import type { Database } from '../engine/database.js';
import { DatabaseError } from '../errors.js';

/** @throws DatabaseError `E_PERMISSION` */
export function refuseSecure({ secure }: Database, what: string): void {
  if (secure)
    throw new DatabaseError(
      'E_PERMISSION',
      `${what}: a secure manager touches no file but its database. Read and write files by another manager, without secure: true.`,
    );
}
