// All pages that are made and not written, by their place under docs. Not here: writing them (main.ts).
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { apiPages } from './api-pages.js';
import { errorsPage } from './errors-page.js';
import { publicApi } from './public-api.js';

/** @param root the folder of package.json; `dist` is built */
export async function pages(root: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map([...(await apiPages(publicApi(root))), ['errors.md', errorsPage()]]);
  const options = await resolveConfig(join(root, 'docs', 'README.md'));
  const laid = new Map<string, string>();
  for (const [place, text] of texts) laid.set(place, await format(text, { ...options, parser: 'markdown' }));
  return laid;
}
