import { Column, Table } from '@mysingle/database';

@Table('untyped')
export class Untyped {
  @Column() price!: number | null;
}
