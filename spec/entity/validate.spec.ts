import { Type } from 'class-transformer';
import { IsEmail, IsOptional, Length, Min, ValidateNested } from 'class-validator';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, json, sql, type Generated } from '@mysingle/database';
import { schemaOf } from '../../lib/entity/schema.js';
import { hasRules } from '../../lib/entity/validate.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

class Address {
  @Length(2, 2) country!: string;
}

abstract class Ruled {
  @Column('varchar') @IsEmail() email!: string;
}

@Table('people')
class Person extends Ruled {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { default: 5 }) @Min(3, { message: 'age is too small' }) age!: Generated<number>;
  @Column('varchar', { nullable: true }) @IsOptional() @Length(1, 3) nick!: string | null;
  @Column(json<Address>(), { nullable: true })
  @ValidateNested()
  @Type(() => Address)
  @IsOptional()
  home!: Address | null;
}

@Table('free')
class Free {
  @Column('integer') id!: number;
}

describe('validate', () => {
  const good = { id: 1, email: 'a@b.co' };

  it('knows which classes have rules, inherited ones too', () => {
    expect([hasRules(schemaOf(Person)), hasRules(schemaOf(Free))]).to.deep.equal([true, false]);
  });

  it('refuses rows and patches that break a rule, with entity, property, rules and row, and not the value', async () => {
    const db = await openManager({ entities: [Person] });
    const people = db.repository(Person);
    const one = await failure(people.insert({ ...good, email: 's3cr3t' }), 'E_VALIDATION');
    expect(one.message).to.equal('Person: email must be an email.');
    expect(one.details).to.deep.equal({ entity: 'Person', property: 'email', rules: ['isEmail'] });
    const many = await failure(people.insertMany([good, { id: 2, email: 'a@b.co', age: 1 }]), 'E_VALIDATION');
    expect(many.message).to.equal('Row 1: Person: age is too small.');
    expect(many.details).to.include({ row: 1, property: 'age' });
    await failure(people.upsert({ ...good, nick: 'long' }), 'E_VALIDATION');
    expect(await people.count()).to.equal(0);
    await people.insert(good);
    await failure(people.update({ id: 1 }, { age: 2 }), 'E_VALIDATION');
    const nested = Object.assign(new Address(), { country: 'long' });
    const inner = await failure(people.insert({ ...good, id: 3, home: nested }), 'E_VALIDATION');
    expect(inner.details).to.include({ property: 'home.country' });
  });

  it('leaves alone what a row or a patch does not set, and what the database computes', async () => {
    const db = await openManager({ entities: [Person] });
    const people = db.repository(Person);
    expect(await people.insert(good)).to.include({ age: 5, nick: null });
    expect(await people.update({ id: 1 }, { nick: 'abc' })).to.equal(1);
    expect(await people.update({ id: 1 }, { age: sql`age + ${1}`, nick: null })).to.equal(1);
    expect(await people.findById(1)).to.include({ age: 6, nick: null });
  });

  it('can be switched off', async () => {
    const db = await openManager({ entities: [Person], validate: false });
    await db.repository(Person).insert({ id: 1, email: 'none' });
  });
});
