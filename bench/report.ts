// What was measured, as Markdown: the figures that were asked for, then each theme's tables. The console shows the same. Not here:
// measuring.
import { median, ratios } from './harness.js';
import { reached, type Figure, type Table, type Theme } from './theme.js';

export interface Report {
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly date: Date;
  readonly seconds: number;
  readonly command: string;
  readonly themes: readonly Theme[];
}

/** Three digits say what these figures can say. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.01))));
  return value.toLocaleString('en-US', { minimumFractionDigits: Math.min(places, 2), maximumFractionDigits: Math.min(places, 2) }); // prettier-ignore
}

/** `median [least..most]` */
export function spread(values: readonly number[], suffix = ''): string {
  if (values.length === 0) return 'not measured';
  return `${digits(median(values))}${suffix} [${digits(Math.min(...values))}..${digits(Math.max(...values))}]`;
}

/** A Markdown table, its columns as wide as their widest cell: the console shows it too. */
export function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, ...[title, ...rows.map((row) => row[column] ?? '')].map((cell) => cell.length))); // prettier-ignore
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}

export function tableText({ title, unit, samples, against }: Table): string {
  const scale = unit === 'µs' ? 1000 : 1;
  const rows = Object.entries(samples).map(([name, values]) => {
    const scaled = values.map((value) => value * scale);
    const ratio = name === against ? '1' : spread(ratios(values, samples[against]), 'x');
    return [name, digits(median(scaled)), digits(Math.min(...scaled)), digits(Math.max(...scaled)), ratio];
  });
  const rounds = Math.max(0, ...Object.values(samples).map((values) => values.length));
  return `${title} (${rounds} rounds)\n\n${grid(['', `median, ${unit}`, 'min', 'max', `of ${against}`], rows)}`;
}

export function figuresText(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const verdict = reached(figure);
    const wanted = `${figure.bound} ${figure.wanted}${figure.unit === 'x' ? 'x' : ` ${figure.unit}`}`;
    return [
      figure.path,
      `${wanted} ${figure.of}`.trim(),
      spread(figure.measured, figure.unit === 'x' ? 'x' : ` ${figure.unit}`),
      verdict === undefined ? 'not measured' : verdict ? 'yes' : 'no',
    ];
  });
  return grid(['path', 'wanted', 'measured: median [min..max]', 'reached'], rows);
}

export function themeText({ title, notes = [], tables, figures }: Theme): string {
  const parts = [`## ${title}`, ...notes, ...tables.map(tableText)];
  return [...parts, ...(figures.length === 0 ? [] : [figuresText(figures)])].join('\n\n');
}

export function reportText({ machine, versions, date, seconds, command, themes }: Report): string {
  const about = grid(
    ['what', 'which'],
    [
      ['machine', machine],
      ...Object.entries(versions),
      ['date', date.toISOString().slice(0, 10)],
      ['command', `\`${command}\`, ${Math.round(seconds)} s`],
    ],
  );
  return `${[
    '# Results of the benchmarks',
    'Written by `npm run bench`. Contenders take turns within a round, in reversed order on odd rounds, after a warm-up; a ratio is of one round, and what is shown is the median of the rounds [min..max]. Another machine has other times; ratios travel better.',
    about,
    '## What was asked for',
    figuresText(themes.flatMap(({ figures }) => figures)),
    ...themes.map((theme) => themeText({ ...theme, figures: [] })),
    '## Again',
    'On a machine with Node 20.19 or newer: `npm ci && npm run bench`, all of it in less than seven minutes. `npm run bench -- reading point` runs some themes and leaves this page alone. The peers have a package of their own, so that the install of this one stays small: `npm ci --prefix bench/peers` once, and they are measured too.',
  ].join('\n\n')}\n`;
}
