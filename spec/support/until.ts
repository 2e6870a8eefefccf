// Waiting for something to be so, without a guess how long that takes.

/** Resolves when `condition` holds; asked at every turn of a millisecond. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 1));
}
