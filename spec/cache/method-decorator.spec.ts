import { expect } from 'chai';
import { describe, it } from 'mocha';
import { methodDecorator, ownerOfCall } from '../../lib/cache/method-decorator.js';
import { LEGACY, compiled, run } from '../support/compiled.js';

const refuse = (problem: string): never => {
  throw new Error(problem);
};

/** Tells what a method was given, before what it gives. */
const told = methodDecorator(
  (method, property) =>
    function (this: object, ...args: unknown[]) {
      return [String(property), args, method.apply(this, args)];
    },
  refuse,
  'a method of a test',
);

const SOURCE = `
import { BaseDuckDBManager, CacheInvalidate, Cached } from '@mysingle/database';
class Service {
  loads = 0;
  constructor(readonly db: BaseDuckDBManager) {}
  @Cached({ ttl: '1h', tags: (id: string) => [\`user:\${id}\`] }) async user(id: string, n = 1): Promise<string> {
    return \`\${id} \${(this.loads += 1)}\`;
  }
  @Cached('1h') static async fixed(): Promise<number> { return (calls += 1); }
  @CacheInvalidate({ tags: (id: string) => [\`user:\${id}\`] }) async rename(id: string, name: string): Promise<string> {
    return name;
  }
  // @ts-expect-error the tags are made from the arguments of this method
  @Cached({ ttl: '1h', tags: (id: string) => [id] }) async wrong(id: number): Promise<number> { return id; }
  // @ts-expect-error the same
  @CacheInvalidate({ tags: (id: string) => [id] }) async wrongToo(id: number): Promise<number> { return id; }
  // @ts-expect-error not async
  @CacheInvalidate({ tags: ['a'] }) now(): number { return 1; }
}
let calls = 0;
await using db = await BaseDuckDBManager.open({ path: ':memory:', logger: false });
const service = new Service(db);
const seen = [await service.user('a'), await service.user('a'), await service.user('b')];
seen.push(await service.rename('a', 'Ann'), await service.user('a'), await service.user('b'));
console.log(JSON.stringify([seen, await Service.fixed(), await Service.fixed(), service.user.name, service.rename.name]));
`;

describe('a decorator of methods', () => {
  it('puts what it makes in the place of the method, under its name, in both modes', () => {
    const sum = function (this: { base: number }, n: number): number {
      return this.base + n;
    };
    const descriptor = { value: sum, writable: true, enumerable: false, configurable: true };
    const legacy = told({ sum }, 'sum', descriptor) as PropertyDescriptor;
    const standard = told(sum, { kind: 'method', name: 'sum' } as DecoratorContext) as typeof sum;
    expect(legacy).to.include({ writable: true, enumerable: false, configurable: true });
    for (const made of [legacy.value as typeof sum, standard]) {
      expect(made.name).to.equal('sum');
      expect(made.call({ base: 5 }, 2)).to.deep.equal(['sum', [2], 7]);
    }
  });

  it('takes methods with a symbol for their name', () => {
    const key = Symbol('mine');
    const { value } = told({}, key, { value: () => 1 }) as { value: () => unknown };
    expect([value.name, value.call({})]).to.deep.equal(['Symbol(mine)', ['Symbol(mine)', [], 1]]);
  });

  it('refuses whatever is no method, in words', () => {
    const says = 'on x: it decorates a method of a test';
    for (const descriptor of [undefined, { get: () => 1 }, { value: 1 }])
      expect(() => told({}, 'x', descriptor)).to.throw(says);
    for (const kind of ['field', 'accessor', 'getter', 'setter', 'class'])
      expect(() => told(undefined, { kind, name: 'x' } as DecoratorContext)).to.throw(`${says}, not a ${kind}`);
  });

  it('tells what a method was called on: an instance, or the class of a static one', () => {
    const instance = {};
    expect([ownerOfCall(instance, refuse), ownerOfCall(Date, refuse)]).to.deep.equal([instance, Date]);
    for (const lost of [undefined, null, 1, 'text'])
      expect(() => ownerOfCall(lost, refuse)).to.throw('methods are called on their instance');
  });

  for (const [mode, flags] of [['standard', []], ['legacy', LEGACY]] as const) {
    it(`works as @Cached and as @CacheInvalidate in the ${mode} mode, with the types of their methods`, async () => {
      const { said, js } = await compiled(`cached-${mode}`, SOURCE, flags);
      expect(said).to.equal('');
      const { stdout } = await run(process.execPath, [js]);
      expect(JSON.parse(stdout)).to.deep.equal([['a 1', 'a 1', 'b 2', 'Ann', 'a 3', 'b 2'], 1, 1, 'user', 'rename']);
    });
  } // prettier-ignore
});
