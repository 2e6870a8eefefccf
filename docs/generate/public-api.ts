// What the package exports, read from the declarations that it is shipped with: every symbol, its members, and what their comments
// say. By ts-morph, which brings the compiler that it needs along. Not here: how that is shown (api-pages.ts).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Node,
  Project,
  Scope,
  type ClassDeclaration,
  type ExportedDeclarations,
  type InterfaceDeclaration,
  type JSDocableNode,
} from 'ts-morph';
import { NO_COMMENT, readComment, type DocComment } from './doc-comment.js';

/** A method, a field or an accessor. */
export interface Member {
  readonly name: string;
  readonly kind: 'method' | 'field';
  /** one for each overload, without comments */
  readonly signatures: readonly string[];
  readonly comment: DocComment;
  /** the symbol that it is declared in, where that is another one */
  readonly from: string | undefined;
}

/** What is exported under a name. */
export interface PublicSymbol {
  readonly name: string;
  readonly kind: 'function' | 'class' | 'interface' | 'type' | 'value';
  /** where it is declared: its place under `lib`, without an ending */
  readonly file: string;
  readonly signatures: readonly string[];
  readonly comment: DocComment;
  readonly members: readonly Member[];
  /** exported interfaces and classes whose members it has, too, or what is taken of them: `Omit<FindOptions, 'cache'>` */
  readonly extends: readonly string[];
}

/** What one entry of the package's `exports` gives. */
export interface Entry {
  /** as it is imported: `@mysingle/database`, `@mysingle/database/testing` */
  readonly specifier: string;
  readonly symbols: readonly PublicSymbol[];
}

type Documented = Node & JSDocableNode;

/** @param root the folder of package.json; `dist` is built */
export function publicApi(root: string): readonly Entry[] {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    name: string;
    exports: Record<string, string | { types?: string }>;
  };
  const project = new Project({
    tsConfigFilePath: join(root, 'tsconfig.json'),
    skipAddingFilesFromTsConfig: true,
    compilerOptions: { noEmit: true },
  });
  return Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === 'string' || target.types === undefined) return [];
    const file = project.addSourceFileAtPath(join(root, target.types));
    const found = [...file.getExportedDeclarations()];
    const nameOf = new Map(found.flatMap(([own, [first]]) => (first === undefined ? [] : [[first as Node, own]])));
    const symbols = found
      .map(([own, declarations]) => symbolOf(own, declarations, nameOf, join(root, 'dist', 'lib')))
      .toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
    return [{ specifier: `${name}${path.slice(1)}`, symbols }];
  });
}

/** Exported names by their declaration. */
type NameOf = ReadonlyMap<Node, string>;

function symbolOf(
  name: string,
  declarations: readonly ExportedDeclarations[],
  nameOf: NameOf,
  lib: string,
): PublicSymbol {
  const [first] = declarations;
  if (first === undefined) throw new Error(`${name} is exported and declared nowhere.`);
  const file = first
    .getSourceFile()
    .getFilePath()
    .slice(lib.length + 1)
    .replace(/\.d\.ts$/, '');
  const base = { name, file, members: [] as readonly Member[], extends: [] as readonly string[] };
  if (Node.isFunctionDeclaration(first)) {
    const all = declarations as readonly Documented[];
    return { ...base, kind: 'function', signatures: all.map((each) => plain(textOf(each))), comment: commentOf(all) };
  }
  if (Node.isVariableDeclaration(first)) return { ...base, ...valueOf(name, first) };
  if (Node.isTypeAliasDeclaration(first)) {
    const literal = first.getTypeNode();
    const members = Node.isTypeLiteral(literal) ? membersOf(literal.getMembers(), undefined) : [];
    return { ...base, kind: 'type', signatures: [plain(textOf(first))], comment: commentOf([first]), members };
  }
  if (Node.isInterfaceDeclaration(first) || Node.isClassDeclaration(first)) {
    const { members, others } = withInherited(first, nameOf);
    return {
      ...base,
      kind: Node.isClassDeclaration(first) ? 'class' : 'interface',
      signatures: [head(first, nameOf)],
      comment: commentOf([first]),
      members,
      extends: others,
    };
  }
  throw new Error(`${name}: the generator does not know a ${first.getKindName()}.`);
}

function valueOf(name: string, node: Node): Pick<PublicSymbol, 'kind' | 'signatures' | 'comment' | 'members'> {
  if (!Node.isVariableDeclaration(node)) throw new Error(`${name} is no value.`);
  const comment = commentOf([node.getVariableStatementOrThrow()]);
  const type = node.getTypeNode();
  // a function that is kept in a constant is shown as one
  if (Node.isFunctionTypeNode(type)) {
    const [parameters, result] = [type.getParameters(), type.getReturnTypeNodeOrThrow()];
    const generic = type.getTypeParameters();
    const before = generic.length === 0 ? '' : `<${generic.map((each) => each.getText()).join(', ')}>`;
    const text = `function ${name}${before}(${parameters.map((each) => each.getText()).join(', ')}): ${result.getText()}`;
    return { kind: 'function', signatures: [text], comment, members: [] };
  }
  const callable = node.getType().getCallSignatures().length > 0;
  return {
    kind: callable ? 'function' : 'value',
    signatures: [plain(`const ${node.getText()}`)],
    comment,
    members: [],
  };
}

/** Members of its own, and of what it extends: that has no name for the reader unless it is exported, too. */
function withInherited(
  node: ClassDeclaration | InterfaceDeclaration,
  nameOf: NameOf,
): { members: readonly Member[]; others: readonly string[] } {
  const members = [...membersOf(Node.isClassDeclaration(node) ? classMembers(node) : node.getMembers(), undefined)];
  const others: string[] = Node.isClassDeclaration(node) ? [] : node.getExtends().map((each) => each.getText()).filter((each) => /^(?:Omit|Pick|Partial)</.test(each)); // prettier-ignore
  for (const parent of parentsOf(node)) {
    const exported = nameOf.get(parent);
    if (exported !== undefined) {
      others.push(exported);
      continue;
    }
    if (!Node.isClassDeclaration(parent) && !Node.isInterfaceDeclaration(parent)) continue;
    const inherited = withInherited(parent, nameOf);
    members.push(...inherited.members.filter(({ name }) => !members.some((own) => own.name === name)));
    others.push(...inherited.others);
  }
  return { members, others };
}

function parentsOf(node: ClassDeclaration | InterfaceDeclaration): readonly Node[] {
  const clauses = Node.isClassDeclaration(node)
    ? [node.getExtends()].filter((each) => each !== undefined)
    : node.getExtends();
  return clauses.flatMap((clause) => clause.getExpression().getType().getSymbol()?.getDeclarations() ?? clause.getType().getSymbol()?.getDeclarations() ?? []).filter((each) => !each.getSourceFile().isInNodeModules() && !each.getSourceFile().getFilePath().includes('/node_modules/')); // prettier-ignore
}

function classMembers(node: ClassDeclaration): readonly Node[] {
  return node.getMembers().filter((member) => !(Node.isModifierable(member) && Node.isScoped(member) && member.getScope() === Scope.Private)); // prettier-ignore
}

function membersOf(nodes: readonly Node[], from: string | undefined): readonly Member[] {
  const members = new Map<string, Member>();
  for (const node of nodes) {
    const name = memberName(node);
    if (name === undefined) continue;
    const comment = commentOf([node as Documented]);
    const known = members.get(name);
    // overloads share the first one's comment
    if (comment.internal || (known !== undefined && known.kind !== 'method')) continue;
    members.set(name, {
      name,
      kind: known?.kind ?? (isMethod(node) ? 'method' : 'field'),
      signatures: [...(known?.signatures ?? []), plain(textOf(node))],
      comment: known?.comment ?? comment,
      from,
    });
  }
  return [...members.values()];
}

function isMethod(node: Node): boolean {
  return Node.isMethodDeclaration(node) || Node.isMethodSignature(node) || Node.isConstructorDeclaration(node);
}

/** undefined for what nobody can name: `#private`, and keys that are symbols, but `Symbol.asyncDispose` and the like. */
function memberName(node: Node): string | undefined {
  if (Node.isConstructorDeclaration(node)) return 'constructor';
  if (!Node.isPropertyNamed(node) && !Node.isMethodDeclaration(node) && !Node.isGetAccessorDeclaration(node))
    return undefined;
  const name = node.getName();
  return name.startsWith('#') || (name.startsWith('[') && !name.startsWith('[Symbol.')) ? undefined : name;
}

/** The first comment among declarations of one thing. */
function commentOf(nodes: readonly Documented[]): DocComment {
  const texts = nodes.flatMap((node) => (Node.isJSDocable(node) ? node.getJsDocs().map((doc) => doc.getText()) : []));
  return texts.length === 0 ? NO_COMMENT : readComment(texts[0]);
}

function textOf(node: Node): string {
  const inner = node.getDescendants().flatMap((each) => (Node.isJSDocable(each) ? each.getJsDocs() : []));
  // a comment within a signature is told with its member
  return inner.reduce((text, doc) => text.replace(doc.getText(), ''), node.getText());
}

const plain = (text: string): string => text.replace(/^export /, '').replace(/^declare /, '').replace(/^readonly /, '').replace(/;$/, ''); // prettier-ignore

/** `class A<T> extends B {}`, without members; of what it extends what has a name for the reader. */
function head(node: ClassDeclaration | InterfaceDeclaration, nameOf: NameOf): string {
  const generic = node.getTypeParameters().map((each) => each.getText());
  const clause = Node.isClassDeclaration(node) ? node.getExtends() : undefined;
  const hidden = parentsOf(node).some((parent) => !nameOf.has(parent));
  const abstract = Node.isClassDeclaration(node) && node.isAbstract() ? 'abstract ' : '';
  const kind = Node.isClassDeclaration(node) ? 'class' : 'interface';
  return `${abstract}${kind} ${node.getName() ?? ''}${generic.length === 0 ? '' : `<${generic.join(', ')}>`}${clause === undefined || hidden ? '' : ` extends ${clause.getText()}`} {}`;
}
