// What a theme hands over to the report: tables of samples, and the figures that were asked for. Not here: how they are told.
import { median, ratios, type Samples } from './harness.js';

export interface Table {
  readonly title: string;
  readonly unit: 'ms' | 'µs' | 'MB';
  readonly samples: Samples;
  /** the contender that the others are compared with */
  readonly against: string;
}

/** Something that was asked for: a ratio of every round, whose median is to keep to a bound; megabytes keep to it in each round. */
export interface Figure {
  readonly path: string;
  readonly bound: 'at most' | 'at least' | 'under';
  readonly wanted: number;
  readonly unit: 'x' | 'MB' | 'ms' | 'k/s';
  /** what it is a multiple of, such as `the SQL limit` */
  readonly of: string;
  /** one a round; none where it was not measured */
  readonly measured: readonly number[];
}

export interface Theme {
  readonly title: string;
  readonly notes?: readonly string[];
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
}

/** `above` may be at most so many times `below`. */
export function atMost(
  path: string,
  wanted: number,
  of: string,
  above?: readonly number[],
  below?: readonly number[],
): Figure {
  return { path, bound: 'at most', wanted, unit: 'x', of, measured: ratios(above, below) };
}

/** `slower` takes at least so many times what `faster` takes. */
export function atLeast(
  path: string,
  wanted: number,
  of: string,
  slower?: readonly number[],
  faster?: readonly number[],
): Figure {
  return { path, bound: 'at least', wanted, unit: 'x', of, measured: ratios(slower, faster) };
}

export function reached({ bound, wanted, unit, measured }: Figure): boolean | undefined {
  if (measured.length === 0) return undefined;
  // a service runs out of memory by its worst hour, and the peaks of one program may fall in two heaps
  const middle = unit === 'MB' ? Math.max(...measured) : median(measured);
  if (bound === 'at least') return middle >= wanted;
  return bound === 'under' ? middle < wanted : middle <= wanted;
}
