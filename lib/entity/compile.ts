// Functions made from text, for loops over rows that name their properties: V8 then knows where each of them is. Not here:
// what they do.

/**
 * A function of these parameters with this body. Whatever a class or a caller names must stand in it by `JSON.stringify`.
 *
 * @returns undefined where the process forbids code from text (`--disallow-code-generation-from-strings`)
 */
export function compile<P extends readonly unknown[], R>(
  parameters: readonly string[],
  body: string,
): ((...args: P) => R) | undefined {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- the text is this package's own
    return new Function(...parameters, `'use strict';\n${body}`) as (...args: P) => R;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
