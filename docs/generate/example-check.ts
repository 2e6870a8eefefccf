// Whether the examples of comments compile, each as a file of its own, among the cast of spec/support/example-cast. Not here: what
// they print; the examples that are run stand in examples/.
import { join } from 'node:path';
import { DiagnosticCategory, Project, ts } from 'ts-morph';
import type { Entry } from './public-api.js';

/** An example, and whose it is. */
interface Example {
  readonly of: string;
  readonly code: string;
  /** what it stands in, which is meant where another entry has the same name */
  readonly specifier: string;
}

export function examplesOf(entries: readonly Entry[]): readonly Example[] {
  return entries.flatMap(({ specifier, symbols }) =>
    symbols.flatMap(({ name, comment, members }) => [
      ...comment.examples.map((code) => ({ of: name, code, specifier })),
      ...members.flatMap((member) =>
        member.comment.examples.map((code) => ({ of: `${name}.${member.name}`, code, specifier })),
      ),
    ]),
  );
}

/** A member of a class, which cannot stand alone: decorators before what is no class, or a modifier. */
const isMember = (code: string): boolean =>
  /^(?:protected|private|public) /.test(code) || (code.startsWith('@') && !/\bclass\b/.test(code));

/** Names that the example declares itself. */
const own = (code: string): ReadonlySet<string> =>
  new Set([...code.replaceAll(/\/\/.*/g, '').matchAll(/\b(?:class|function|const|let) +(?:\{[^}]*\}|\[[^\]]*\]|[\w$]+)/g)].flatMap(([text]) => text.match(/[\w$]+/g) ?? [])); // prettier-ignore

/** @returns what is wrong, by example */
export function wrongExamples(root: string, entries: readonly Entry[]): readonly string[] {
  const cast = join(root, 'spec', 'support', 'example-cast.ts');
  const project = new Project({
    tsConfigFilePath: join(root, 'tsconfig.json'),
    skipAddingFilesFromTsConfig: true,
    compilerOptions: {
      noEmit: true,
      incremental: false,
      noUnusedLocals: false,
      // an example imports nothing itself
      verbatimModuleSyntax: false,
      isolatedModules: false,
    },
  });
  const actors = [...project.addSourceFileAtPath(cast).getExportedDeclarations().keys()];
  const files = examplesOf(entries).map(({ of, code, specifier: home }, index) => {
    const mentioned = (name: string): boolean => new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}\\b`).test(code) && !own(code).has(name); // prettier-ignore
    const taken = new Set<string>();
    const imports = [
      { from: '../spec/support/example-cast.js', names: actors },
      ...entries
        .toSorted((a, b) => Number(b.specifier === home) - Number(a.specifier === home))
        .map(({ specifier, symbols }) => ({ from: specifier, names: symbols.map(({ name }) => name) })),
    ].flatMap(({ from, names }) => {
      const used = names.filter((name) => mentioned(name) && !taken.has(name));
      for (const name of used) taken.add(name);
      return used.length === 0 ? [] : [`import { ${used.join(', ')} } from '${from}';`];
    });
    if (mentioned('Keyv')) imports.push("import { Keyv } from 'keyv';");
    const body = isMember(code)
      ? `class Example extends Base {\n${code}\n}`
      : `async function example(this: Example): Promise<unknown> {\n${code}\nreturn undefined;\n}`;
    const text = [
      ...imports,
      "import { BaseDuckDBManager as Manager } from '@mysingle/database';",
      "import { orders as ordersOf } from '../spec/support/example-cast.js';",
      'class Base extends Manager { readonly orders = ordersOf; }',
      ...(isMember(code) ? [] : ['class Example extends Base {}']),
      body,
      'export {};',
    ].join('\n');
    return { of, code, file: project.createSourceFile(join(root, 'docs', `example-${index}.ts`), text) };
  });
  return files.flatMap(({ of, code, file }) =>
    file
      .getPreEmitDiagnostics()
      .filter((diagnostic) => diagnostic.getCategory() === DiagnosticCategory.Error)
      .map(
        (diagnostic) =>
          `${of}: ${ts.flattenDiagnosticMessageText(diagnostic.compilerObject.messageText, ' ')}\n${code}`,
      ),
  );
}
