// A TSDoc comment as data: text, parameters, what it gives and throws, examples. Not here: whose comment it is (public-api.ts).

/** What a comment says. */
export interface DocComment {
  readonly text: string;
  readonly params: readonly { readonly name: string; readonly text: string }[];
  readonly returns: string | undefined;
  readonly throws: readonly string[];
  /** code, with what it is preceded by where it has a title */
  readonly examples: readonly string[];
  readonly internal: boolean;
}

export const NO_COMMENT: DocComment = Object.freeze({
  text: '',
  params: [],
  returns: undefined,
  throws: [],
  examples: [],
  internal: false,
});

/** The text between the marks of a comment, without the stars; the back space of an escaped `\@` is for TSDoc alone. */
function inside(comment: string): string {
  return comment
    .replace(/^\/\*\*[ \t]?/, '')
    .replace(/\s*\*\/$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim();
}

const unescaped = (text: string): string => text.replaceAll('\\@', '@');

/** Lines of one paragraph as one line; lists keep their items. */
export function joined(text: string): string {
  return unescaped(text)
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replaceAll(/\n(?!\s*(?:- |\d+\. ))\s*/g, ' ').trim())
    .join('\n\n');
}

/** @param comment with its marks, as it stands in the file */
export function readComment(comment: string | undefined): DocComment {
  if (comment === undefined) return NO_COMMENT;
  // a tag stands at the beginning of a line; `@returns` also behind a sentence of a comment of one line
  const parts = inside(comment)
    .replaceAll(/(?<=[.)\]`]) (@returns|@throws) /g, '\n$1 ')
    .split(/^(?=@[a-z])/m);
  const text = parts[0]?.startsWith('@') === true ? '' : (parts.shift() ?? '');
  const tags = parts.map((part) => {
    const [, tag = '', body = ''] = /^@([a-zA-Z]+)[ \t]*([\s\S]*)$/.exec(part) ?? [];
    return { tag, body: body.trimEnd() };
  });
  const bodies = (tag: string): string[] => tags.filter((each) => each.tag === tag).map(({ body }) => body);
  const strange = tags.find(({ tag }) => !['param', 'returns', 'throws', 'example', 'internal'].includes(tag));
  if (strange !== undefined) throw new Error(`The generator knows no @${strange.tag}, which stands in: ${comment}`);
  return {
    text: joined(text),
    params: bodies('param').map((body) => {
      const [, name = '', rest = ''] = /^(\S+)\s*(?:- )?([\s\S]*)$/.exec(body) ?? [];
      return { name, text: joined(rest) };
    }),
    returns: bodies('returns').map(joined)[0],
    throws: bodies('throws').map((body) => joined(body).replace(/^DatabaseError /, '')),
    examples: bodies('example').map((body) => unescaped(body).replace(/^\n/, '').trimEnd()),
    internal: bodies('internal').length > 0,
  };
}
