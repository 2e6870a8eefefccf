import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table } from '@mysingle/database';
import { checkedTags, plainTerms, termsOf, type CacheEntryOptions } from '../../lib/cache/terms.js';
import { tagged } from '../../lib/engine/clock.js';
import { failure } from '../support/failure.js';

@Table('terms_row')
class Row {
  @Column('integer', { primaryKey: true }) id!: number;
}

describe('the terms of a cached value', () => {
  it('are its times in milliseconds, its tags as the clock knows them, and the ids of tables', () => {
    const options: CacheEntryOptions = {
      ttl: '5m',
      grace: '1h',
      negativeTtl: '2s',
      tags: ['a', 'b'],
      dependsOn: [Row],
    };
    expect(termsOf(options)).to.deep.equal({
      ttlMs: 300_000,
      graceMs: 3_600_000,
      negativeTtlMs: 2000,
      tags: [tagged('a'), tagged('b')],
      dependsOn: ['main.terms_row'],
    });
  });

  it('are no grace, null not kept, no tags, and nothing said about what cannot be known, where left out', () => {
    const none = { graceMs: 0, negativeTtlMs: undefined, tags: [], dependsOn: undefined };
    expect(termsOf({ ttl: '250ms' })).to.deep.equal({ ttlMs: 250, ...none });
    // of what a table gave
    expect(plainTerms(250)).to.deep.equal({ ttlMs: 250, ...none, asIs: true });
    // nothing is something else than nothing said
    expect(termsOf({ ttl: '1s', dependsOn: [] }).dependsOn).to.deep.equal([]);
  });

  it('refuse what they cannot be, by the name of the option', async () => {
    const cases: [object, 'E_CONFIG' | 'E_DECLARATION', RegExp][] = [
      [{}, 'E_CONFIG', /^@X ttl: undefined is not a duration/],
      [{ ttl: 5 }, 'E_CONFIG', /^@X ttl: 5 is not a duration/],
      [{ ttl: '1s', grace: '1 hour' }, 'E_CONFIG', /^@X grace: "1 hour" is not a duration/],
      [{ ttl: '1s', negativeTtl: null }, 'E_CONFIG', /^@X negativeTtl: null is not a duration/],
      [{ ttl: '1s', tags: 'a' }, 'E_CONFIG', /^@X tags: give an array of strings/],
      [{ ttl: '1s', tags: [''] }, 'E_CONFIG', /^@X tags: /],
      [{ ttl: '1s', tags: [1] }, 'E_CONFIG', /^@X tags: /],
      [{ ttl: '1s', tags: ['\uD800'] }, 'E_CONFIG', /^@X tags: /],
      [{ ttl: '1s', dependsOn: Row }, 'E_CONFIG', /^@X dependsOn: give an array of entity classes/],
      [{ ttl: '1s', dependsOn: [Date] }, 'E_DECLARATION', /Date/],
    ];
    for (const [options, code, message] of cases)
      expect((await failure(() => termsOf(options as CacheEntryOptions, '@X '), code)).message).to.match(message);
  });

  it('have tags of any text, and none where none are given', () => {
    expect(checkedTags(undefined)).to.deep.equal([]);
    expect(checkedTags([' ', '*', '\u{1F600}'])).to.deep.equal([' ', '*', '\u{1F600}'].map(tagged));
  });
});
