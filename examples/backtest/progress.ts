// A progress bar where a person watches; nothing at all in a pipe or a log file.

const WIDTH = 30;

/** A bar up to `total`. Call `update` with what is done so far, and `end` when it is over. */
export function progressBar(label: string, total: number, out: NodeJS.WriteStream = process.stdout) {
  if (!out.isTTY) return { update: () => {}, end: () => {} };
  return {
    update(done: number): void {
      const share = Math.min(1, done / total);
      const filled = Math.round(share * WIDTH);
      const bar = '#'.repeat(filled) + '.'.repeat(WIDTH - filled);
      out.write(`\r  ${label} [${bar}] ${String(Math.round(share * 100)).padStart(3)}%`);
    },
    /** Wipes the bar away. */
    end(): void {
      out.write('\r\u001b[2K');
    },
  };
}
