// What is loaded where it is needed alone, and at once: libraries that take longer to load than the rest of this package.
// Not here: which those are.
import { createRequire } from 'node:module';

/** Of this file, or of the bundle it is in: one in the form of CommonJS has no `import.meta.url`. */
export const require = createRequire(typeof __filename === 'string' ? __filename : import.meta.url);
