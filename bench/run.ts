// npm run bench: every theme, to the console and to bench/RESULTS.md; `npm run bench -- NAME...` runs some and writes no file.
// Asserts nothing about speed. Not here: what is measured.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cache } from './cache.js';
import { flights } from './flights.js';
import { inserting } from './inserting.js';
import { machine, versions } from './machine.js';
import { peerVersions, peers } from './peers.js';
import { point } from './point.js';
import { reading } from './reading.js';
import { reportText, themeText } from './report.js';
import { startup } from './startup.js';
import { streaming } from './streaming.js';
import { testing } from './testing.js';
import type { Theme } from './theme.js';
import { validating } from './validating.js';

const THEMES: Readonly<Record<string, () => Promise<Theme>>> = {
  inserting,
  validating,
  reading,
  streaming,
  point,
  flights,
  cache,
  peers,
  startup,
  testing,
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in THEMES));
if (unknown.length > 0) throw new Error(`No theme ${unknown.join(', ')}: there are ${Object.keys(THEMES).join(', ')}.`);

const began = performance.now();
const seconds = (): number => (performance.now() - began) / 1000;
const themes: Theme[] = [];
for (const name of Object.keys(THEMES).filter((theme) => chosen.length === 0 || chosen.includes(theme))) {
  const from = seconds();
  const theme = await (THEMES[name] as () => Promise<Theme>)();
  themes.push(theme);
  console.log(`${themeText(theme)}\n\n(${name}: ${(seconds() - from).toFixed(0)} s)\n`);
}
if (chosen.length === 0) {
  const text = reportText({
    machine: machine(),
    versions: { ...versions(), ...peerVersions() },
    date: new Date(),
    seconds: seconds(),
    command: 'npm run bench',
    themes,
  });
  writeFileSync(fileURLToPath(new URL('../../bench/RESULTS.md', import.meta.url)), text);
  console.log(text.slice(0, text.indexOf('\n## ', text.indexOf('## What was asked for') + 1)));
}
