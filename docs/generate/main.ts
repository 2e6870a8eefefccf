// `npm run docs`: writes the pages that are made, and takes away those of before.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pages } from './pages.js';

const root = join(import.meta.dirname, '..', '..', '..');
const docs = join(root, 'docs');
const made = await pages(root);
rmSync(join(docs, 'api'), { recursive: true, force: true });
for (const [place, text] of made) {
  mkdirSync(dirname(join(docs, place)), { recursive: true });
  writeFileSync(join(docs, place), text);
}
console.log(`${made.size} pages`);
