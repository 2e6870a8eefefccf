// Specs of what does not work yet: pending while it fails, and a failure as soon as it works, so that it becomes an ordinary one.
import { it, type Context } from 'mocha';

/** @param why what it waits for */
export function waits(title: string, why: string, body: (this: Context) => Promise<void>): void {
  it(`${title} (waits: ${why})`, async function () {
    try {
      await body.call(this);
    } catch {
      this.skip();
    }
    throw new Error(`This works now. Write it() in place of waits(): ${title}`);
  });
}
