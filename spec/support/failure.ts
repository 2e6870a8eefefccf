// Errors as values, so that a spec can look at all of them. A promise that does not fail fails the spec.
import { AssertionError } from 'chai';
import { isDatabaseError, type DatabaseError, type ErrorCode } from '@mysingle/database';

/** The DatabaseError that `work` fails with, of the given code where one is given. */
export async function failure(work: (() => unknown) | Promise<unknown>, code?: ErrorCode): Promise<DatabaseError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
    if (code !== undefined && error.code !== code)
      throw new AssertionError(`expected ${code}, got ${error.code}: ${error.message}`);
    return error;
  }
  throw new AssertionError(`expected a DatabaseError${code === undefined ? '' : ` ${code}`}, but nothing failed`);
}
