import { expect } from 'chai';
import { describe, it } from 'mocha';
import { emptyFieldsOf } from '../../lib/entity/own-field.js';

/** The class of a text, as a compiler may have written it. */
const made = (text: string): object => new Function(`return (${text})`)() as object; // oxlint-disable-line typescript/no-implied-eval
const fields = (text: string): string[] => [...emptyFieldsOf(made(text))].toSorted();

describe('the fields that a class makes', () => {
  // prettier-ignore
  for (const [what, text, expected] of [
    ['as they stand in a class', 'class { first; second = undefined; third = void 0; last }', ['first', 'last', 'second', 'third']],
    ['in the text of a minifier', 'class{a;b=1;c=void 0;d(){}e}', ['a', 'c', 'e']],
    ['whatever name they have', `class { 'a b'; "c"; $d; _e1; été; }`, ['$d', '_e1', 'a b', 'c', 'été']],
    ['but those with a value of their own', 'class { a = 1; b = [null]; c = () => { c; }; d = class { e; }; }', []],
    ['but no static or private ones, methods or accessors', 'class { static a; #b; static #c; get d() { return 1; } set d(v) {} async *e() {} static { this.f; } }', []],
    ['but nothing that stands in a method', 'class { a() { let b; b; c = undefined; const { d } = this; return { d }; } }', []],
    ['next to comments', 'class { /* a; */ b; // c;\n d; /* { */ e; }', ['b', 'd', 'e']],
    ['next to strings and texts with brackets', 'class { a = "}"; b = \'{\\\'\'; c = `}${ { d: `${ "}" }` }.d }{`; e; f() { return `$}`; } g; }', ['e', 'g']],
    ['next to regular expressions and divisions', 'class { a = /[/}"]\\/\\{/u; b; c(x) { return x / 2 / /}/.source.length; } d; }', ['b', 'd']],
    ['of a class that extends another', 'class extends (class A { constructor() { ({ a: 1 }); } }) { b; }', ['b']],
    ['by TypeScript for older targets', 'class { constructor() { Object.defineProperty(this, "a", {\n enumerable: true,\n value: void 0\n }); Object.defineProperty(this, "b", { value: 1 }); } }', ['a']],
    ['by swc and esbuild for older targets', 'class { constructor() { _define_property(this, "a", void 0); __publicField(this, "b"); __publicField(this, "c", 1); register(this, "d"); } }', ['a', 'b']],
    ['of a function, as ES5 has them', "function A() { Object.defineProperty(this, 'a', { value: void 0 }); b; }", ['a']],
    ['of what has no text', 'class { constructor() { } }.bind()', []],
  ] as const)
    it(what, () => expect(fields(text)).to.deep.equal(expected));

  it('are none of a class that was built without them', () => expect(emptyFieldsOf(Map)).to.have.property('size', 0));
});
