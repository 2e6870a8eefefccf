// What classes may share and say: an abstract base, names, schemas, composite keys, foreign keys, checks, defaults in SQL.
import {
  Column,
  Entity,
  Index,
  Table,
  ddlOf,
  isDatabaseError,
  now,
  sql,
  uuid7,
  type Generated,
} from '@mysingle/database';

/** No table of its own: each class that extends it has these columns, first. */
abstract class Stored {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('timestamptz', { default: now() }) createdAt!: Generated<Date>;
}

// in a schema of its own, which is created; @Entity is another word for @Table
@Entity('books', { schema: 'risk', comment: 'where positions are held' })
class Book extends Stored {
  @Column('varchar', { unique: true }) name!: string;
  @Column('varchar', { name: 'ccy', default: 'USD', comment: 'ISO 4217' }) currency!: Generated<string>;
}

// names as they are written, not in snake_case; a foreign key, which stays in its schema; a check over several columns
@Table({ schema: 'risk', naming: 'as_is', checks: { sane: sql`"lowLimit" < "highLimit"` } })
@Index(['bookId', 'symbol'], { unique: true, name: 'one_limit_per_symbol' })
class RiskLimit extends Stored {
  @Column('uuid', { references: () => [Book, 'id'] }) bookId!: string;
  @Column('varchar') symbol!: string;
  @Column('double', { default: sql`-1e6` }) lowLimit!: Generated<number>;
  @Column('double', { check: sql`"highLimit" > 0` }) highLimit!: number;
  @Column('double', { generated: sql`"highLimit" - "lowLimit"` }) readonly width!: Generated<number>;
}

console.log(ddlOf([RiskLimit, Book])); // parents first, whatever the order

// what a class declares wrongly is refused when it is defined, with the reason
function declared(what: string, declare: () => unknown): void {
  try {
    declare();
    console.log(`${what}: declared`);
  } catch (error) {
    if (!isDatabaseError(error, 'E_DECLARATION')) throw error;
    console.log(`${what}: ${error.message}`);
  }
}
declared('an inferred type that says nothing', () => {
  @Table()
  class Note {
    @Column() text!: string | null;
  }
  return Note;
});
declared('a nullable key', () => {
  @Table()
  class Note {
    @Column('varchar', { primaryKey: true, nullable: true }) text!: string | null;
  }
  return Note;
});
declared('a default of another kind', () => {
  @Table()
  class Note {
    @Column('integer', { default: uuid7() as never }) text!: number;
  }
  return Note;
});
