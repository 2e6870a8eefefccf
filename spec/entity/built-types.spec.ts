// How built types are declared and what DDL they make; their values are in types.spec.ts.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { array, enumOf, json, list, map, struct, union, type ColumnType } from '@mysingle/database';
import { sqlType } from '../../lib/entity/built-types.js';
import { failure } from '../support/failure.js';

describe('built types', () => {
  it('make their DDL from their parts, names quoted', () => {
    const cases: readonly (readonly [ColumnType, string])[] = [
      ['decimal', 'DECIMAL(18,3)'],
      ['decimal(9, 2)', 'DECIMAL(9,2)'],
      ['timestamptz', 'TIMESTAMP WITH TIME ZONE'],
      ['double[]', 'DOUBLE[]'],
      [json(), 'JSON'],
      [enumOf('my "state"', ['a']), '"my ""state"""'],
      [list(array('decimal(4,1)', 3)), 'DECIMAL(4,1)[3][]'],
      [struct({ 'a "b"': 'integer', c: list('varchar') }), 'STRUCT("a ""b""" INTEGER, "c" VARCHAR[])'],
      [map('uuid', json()), 'MAP(UUID, JSON)'],
      [union({ n: 'integer', t: struct({ x: 'date' }) }), 'UNION("n" INTEGER, "t" STRUCT("x" DATE))'],
    ];
    for (const [type, ddl] of cases) expect(sqlType(type).ddl).to.equal(ddl);
  });

  it('know the enums inside them', () => {
    const state = enumOf('deep', ['a', 'b']);
    for (const type of [
      list(state),
      array(state, 2),
      struct({ s: state }),
      map(state, 'integer'),
      map('integer', state),
      union({ s: state }),
      list(struct({ s: list(state) })),
    ])
      expect(sqlType(type).enums).to.deep.equal([{ name: 'deep', values: ['a', 'b'] }]);
  });

  it('refuse declarations that cannot be', async () => {
    const cases: readonly (readonly [() => unknown, RegExp])[] = [
      [() => enumOf('', ['a']), /name is empty/],
      [() => enumOf('e', []), /at least one value/],
      [() => enumOf('e', ['a', 'a']), /"a" stands there twice/],
      [() => enumOf('e', ['a', '']), /value 1 is not a usable/],
      [() => enumOf('e', ['a\0']), /value 0 is not/],
      [() => enumOf('e', ['\ud800']), /value 0 is not/],
      [() => enumOf('e', [5 as unknown as string]), /value 0 is not/],
      [() => enumOf('e', 'ab' as unknown as string[]), /at least one value/],
      [() => list('text' as 'varchar'), /"text" is not a column type.* Did you mean 'varchar'\?/],
      [() => array('integer', 0), /the length is 1 to 100000/],
      [() => array('integer', 1.5), /the length/],
      [() => struct({}), /at least one member/],
      [() => struct({ a: 'integer', A: 'integer' }), /differ only by case/],
      [() => struct({ '': 'integer' }), /member name "" is empty/],
      [() => union({ ['__proto__']: 'integer' }), /prototype/],
      [() => map('integer', undefined as never), /undefined is not a column type/],
      [() => sqlType('json' as never), /Did you mean 'json\(\)'\?/],
      [
        () => sqlType('variant' as never),
        /"variant" is no type of a column here: .*storage version v1\.5\.0.*use json\(\)/,
      ],
      [() => list('GEOMETRY' as never), /no parameters of it; keep WKB in a 'blob'/],
      [() => struct({ a: 'bignum' as never }), /use 'hugeint' or 'uhugeint'/],
      [() => sqlType('varint' as never), /former name of bignum/],
      [() => sqlType('time_ns' as never), /use 'time'/],
      [() => sqlType('sqlnull' as never), /no values but NULL/],
      [() => sqlType('any' as never), /a type of parameters/],
      [() => sqlType('int32' as never), /Did you mean 'integer'\?/],
      [() => sqlType('TIMESTAMP WITH TIME ZONE' as never), /Did you mean 'timestamptz'\?/],
      [() => sqlType('enum' as never), /Did you mean 'enumOf\('name', \[\.\.\.\]\)'\?/],
      [() => sqlType('INTEGER' as never), /Did you mean 'integer'\?/],
      [() => sqlType('constructor' as never), /is not a column type\. Types: boolean/],
      [() => sqlType('decimal(0,0)'), /width is 1 to 38/],
      [() => sqlType({} as never), /an object is not a column type/],
    ];
    for (const [work, why] of cases) expect((await failure(work, 'E_DECLARATION')).message).to.match(why);
  });
});
