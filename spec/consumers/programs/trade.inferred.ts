import { Column, Table } from '@mysingle/database';

@Table('trades')
export class Trade {
  @Column({ primaryKey: true }) id!: number;
  @Column() symbol!: string;
  @Column() qty!: bigint;
  @Column() at!: Date;
  @Column('decimal(18,4)', { nullable: true }) price!: string | null;
}
