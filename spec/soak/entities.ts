// What the soak writes: tables in which anything lost, doubled, halved or out of order shows. Not here: who writes it.
import { Column, Index, Table, sequence, type Generated } from '@mysingle/database';

/** One autocommitted row a write; its key is given out by the database, and must stay. */
@Table('steps')
@Index(['lane'])
export class Step {
  @Column('bigint', { primaryKey: true, default: sequence() }) id!: Generated<bigint>;
  @Column('varchar') lane!: string;
  @Column('integer') n!: number;
}

/** The same by raw SQL, and without a key that would refuse a row that comes twice. */
@Table('marks')
export class Mark {
  @Column('varchar') lane!: string;
  @Column('integer') n!: number;
}

/** All rows of a batch are there, or none. */
@Table('batches')
export class BatchRow {
  @Column('varchar') lane!: string;
  @Column('integer') n!: number;
  @Column('integer') size!: number;
  @Column('integer') place!: number;
}

@Table('accounts')
export class Account {
  @Column('varchar', { primaryKey: true }) name!: string;
  @Column('integer') balance!: number;
}

/** A transfer has two, which add up to nothing. */
@Table('legs')
@Index(['lane', 'n'])
export class Leg {
  @Column('varchar') lane!: string;
  @Column('integer') n!: number;
  @Column('varchar') account!: string;
  @Column('integer') amount!: number;
}

/** Put, added to and dropped again and again. */
@Table('pairs')
export class Pair {
  @Column('varchar', { primaryKey: true }) key!: string;
  @Column('varchar') lane!: string;
  @Column('integer') n!: number;
  @Column('integer') total!: number;
}

export const ENTITIES = [Step, Mark, BatchRow, Account, Leg, Pair] as const;

export const ACCOUNTS = 8;
export const OPENING_BALANCE = 1000;
