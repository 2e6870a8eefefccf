// What is loaded where it is needed alone, and at once: libraries that take longer to load than the rest of this package.
// Not here: which those are.
import { createRequire } from 'node:module';

/**
 * Of this file, or of the bundle it is in: one in the form of CommonJS has no `import.meta.url`, but its own `__filename`. A global one,
 * as in `node -e`, is of somebody else.
 */
const place = (import.meta as { readonly url?: string }).url ?? __filename;

export const require = createRequire(place);
