// Times as people write them, '250ms' to '7d'. Not here: clocks and timers.
import { DatabaseError } from './errors.js';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A length of time with its unit: `'250ms' '30s' '5m' '1h' '7d'`. A bare number does not compile: its unit is a guess. */
export type Duration = `${number}${keyof typeof UNITS}`;

/**
 * Milliseconds of a duration.
 *
 * @param what named in the error: the option that the duration was given for
 * @throws DatabaseError `E_CONFIG` for anything that is not a number with a unit, is negative, or is not finite
 * @example durationMs('5m') // 300000
 */
export function durationMs(duration: Duration, what = 'duration'): number {
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) : null;
  const ms = match === null ? Number.NaN : Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
  if (!Number.isSafeInteger(Math.round(ms))) {
    throw new DatabaseError(
      'E_CONFIG',
      `${what}: ${typeof duration === 'string' ? JSON.stringify(duration) : String(duration)} is not a duration. ` +
        "Write a number with its unit: '250ms', '30s', '5m', '1h' or '7d'.",
    );
  }
  return ms;
}
