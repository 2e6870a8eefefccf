// Whether a class makes a field of a property, which then hides an accessor of that name on its prototype: only its text
// tells, and only before there is an instance is it early enough. Not here: who minds.

/** What older targets make of a field: TypeScript, swc and esbuild in this order. */
const DEFINED =
  /(?:Object\.defineProperty|\b_?define_?property|__publicField\w*)\(this,\s*["']([^"']+)["']\s*(?:\)|,\s*void 0\s*\)|,\s*\{[^{}]*\bvalue: void 0\s*\})/gi;

/** A field without a value of its own, between the ends of two members. */
const FIELD = /(?:^|[;}])\s*(?:([\w$\u0080-\uffff]+)|"([^"]*)"|'([^']*)')\s*(?:=\s*(?:void 0|undefined)\s*)?(?=;|$)/g;

/**
 * The properties that a class, as it was compiled, gives each instance as fields with nothing in them.
 *
 * @example fieldsOf(class { trades; rows = 1; read() {} }) // Set { 'trades' }
 */
export function emptyFieldsOf(made: object): ReadonlySet<string> {
  const text = Function.prototype.toString.call(made);
  const found = [...text.matchAll(DEFINED)].map((match) => match[1] as string);
  if (/^class\b/.test(text))
    for (const [, name, double, single] of bodyOf(text).matchAll(FIELD))
      found.push((name ?? double ?? single) as string);
  return new Set(found);
}

/** A slash after one of these, or after nothing, begins a regular expression and is no division. */
const BEFORE_PATTERN = /(?:^|[/=([{,;:!&|?+\-*%<>~^}]|\b(?:return|typeof|case|in|of|void|delete|await|yield))\s*$/;

/** What ends where it begins: comments, strings, and texts without `${`. */
const SKIPPED = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/y;
const PATTERN = /\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
const TEXT = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;

/** The members of a class as text, without what stands in their own brackets, and without comments. */
function bodyOf(text: string): string {
  let body = '';
  let depth = 0;
  /** at which depths a text goes on when their bracket closes */
  const texts: number[] = [];
  const match = (pattern: RegExp, at: number): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  /** from inside a text to its end, or into the `${` in it */
  const throughText = (from: number): number => {
    const end = from + (match(TEXT, from) as string).length;
    if (text[end] !== '$') return end + 1;
    texts.push(depth++);
    return end + 2;
  };
  // the head of the class may hold brackets, too: `extends mixin({ ... })`
  let at = 0;
  for (let inBody = false; at < text.length;) {
    const char = text[at] as string;
    const skipped =
      match(SKIPPED, at) ??
      (char === '/' && BEFORE_PATTERN.test(text.slice(Math.max(0, at - 20), at)) ? match(PATTERN, at) : undefined);
    if (skipped !== undefined) {
      if (inBody && depth === 1 && /^["']/.test(skipped)) body += skipped;
      at += skipped.length;
    } else if (char === '`') at = throughText(at + 1);
    else if ('([{'.includes(char)) {
      if (inBody && depth === 1) body += char;
      if (char === '{' && depth === 0) inBody = true;
      depth++;
      at++;
    } else if (')]}'.includes(char)) {
      depth--;
      at++;
      if (texts.at(-1) === depth && char === '}') {
        texts.pop();
        at = throughText(at);
      } else if (depth === 1 && inBody) body += char;
    } else {
      if (inBody && depth === 1) body += char;
      at++;
    }
  }
  return body;
}
