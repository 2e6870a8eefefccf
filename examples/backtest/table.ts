// A table for the terminal: text to the left, numbers to the right, as wide as it must be.

/** Lines of a table, numbers given as text already. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => (row[column] ?? '').length)));
  const numeric = heads.map((_head, column) => rows.every((row) => /^(?:[-+]?[\d.,]+%?|-)$/.test(row[column] ?? '')));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(heads), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)]
    .map((text) => `  ${text}`)
    .join('\n');
}

/** A share as a signed percentage: `+12.3%`; `-` for null. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '-' : `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)}%`;
}

/** A number with two digits behind the point; `-` for null. */
export function ratio(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : value.toFixed(2);
}

/** A whole number with its thousands apart; `-` for undefined. */
export function whole(value: number | undefined): string {
  return value?.toLocaleString('en-US') ?? '-';
}

/** Milliseconds, with digits only where they tell something. */
export function ms(time: number): string {
  return time < 10 ? `${time.toFixed(2)} ms` : time < 1000 ? `${time.toFixed(0)} ms` : `${(time / 1000).toFixed(1)} s`;
}
