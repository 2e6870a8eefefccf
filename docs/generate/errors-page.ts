// The page of error codes as Markdown, from the table of lib/error-codes. Not here: what it says.
import { CODES, COMMON_DETAILS } from '../../lib/error-codes.js';

const NOTICE = '<!-- Made by `npm run docs` from lib/error-codes.ts. Change that, and run it. -->';

const INTRODUCTION = `Every error of this library is a \`DatabaseError\` with a \`code\`, \`retryable\`, \`details\` and the \`cause\`. The codes are a closed set:
a new one is a new version. React to the code, show the message to people, and never parse it.

\`\`\`ts
async function bookOnce(order: Insert<Order>): Promise<'booked' | 'taken'> {
  try {
    await orders.insert(order);
    return 'booked';
  } catch (error) {
    if (isDatabaseError(error, 'E_UNIQUE')) return 'taken';
    throw error;
  }
}
\`\`\`

From [examples/errors.ts](../examples/errors.ts), which CI runs. \`isDatabaseError\` knows errors of another copy of the package, too, which
\`instanceof\` does not.

- **\`retryable\`** says whether the same work can succeed when it is run again without any change. \`transaction(fn, { retries })\` runs
  conflicts again by itself. What waits for something to be mended (a full disk, a lock) is not retryable: nothing says when.
- **Messages** name the thing and the remedy. They may hold values of the statement that failed, as DuckDB repeats them: log
  \`error.code\` and \`error.details\`, as the library's own logs do, where values must not be seen.
- **An error of the application** that is thrown inside \`transaction()\` or a load of the cache comes out as it was thrown.`;

const sentence = (text: string): string => text.replaceAll(/(?<![[(])docs\/([a-z-]+\.md)/g, '[$1]($1)');
const list = (details: Readonly<Record<string, string>>): string =>
  Object.entries(details).map(([name, what]) => `- \`${name}\`: ${what}`).join('\n'); // prettier-ignore

export function errorsPage(): string {
  const codes = Object.entries(CODES);
  const rows = codes.map(
    ([code, { summary, retryable }]) =>
      `| [\`${code}\`](#${code.toLowerCase()}) | ${summary.replaceAll(/@\w+/g, '`$&`')} | ${retryable === true ? 'yes' : 'no'} |`,
  );
  const sections = codes.map(([code, { when, remedy, details, example, retryable }]) =>
    [
      `## ${code}`,
      when.map((each) => `- ${sentence(each)}`).join('\n'),
      `**What to do.** ${sentence(remedy)}`,
      ...(retryable === true ? ['**Retryable.**'] : []),
      ...(Object.keys(details).length === 0 ? [] : [`**Details**\n\n${list(details)}`]),
      `\`\`\`text\n${example}\n\`\`\``,
    ].join('\n\n'),
  );
  return [
    NOTICE,
    '# Errors',
    INTRODUCTION,
    '## Codes',
    ['| code | what happened | retryable |', '| --- | --- | --- |', ...rows].join('\n'),
    'Each has below: when it is thrown, what to do, which `details` it may have beside the following, and a message that a real cause gives.',
    `**Details that any error may have**\n\n${list(COMMON_DETAILS)}`,
    ...sections,
  ].join('\n\n');
}
