import { Column, Table } from '@mysingle/database';

@Table('trades')
export class Trade {
  @Column('double', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
  @Column('bigint') qty!: bigint;
  @Column('timestamptz') at!: Date;
  @Column('decimal(18,4)', { nullable: true }) price!: string | null;
}
