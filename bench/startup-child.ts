// One cold start, measured inside a process of its own: import the package, open ':memory:' with 20 entities.
const started = performance.now();
const { BaseDuckDBManager, Column, Index, Table, now, uuid7 } = await import('@mysingle/database');
const imported = performance.now();

function entity(number: number): new () => object {
  @Table(`entity_${number}`)
  class BenchEntity {
    @Column('uuid', { primaryKey: true, default: uuid7() }) id!: string;
    @Column('varchar') @Index() owner!: string;
    @Column('varchar') symbol!: string;
    @Column('date') day!: Date;
    @Column('double') open!: number;
    @Column('double') close!: number;
    @Column('decimal(18,4)') price!: string;
    @Column('bigint') volume!: bigint;
    @Column('double', { nullable: true }) sharpe!: number | null;
    @Column('timestamptz', { default: now() }) createdAt!: Date;
  }
  return BenchEntity;
}

const entities = Array.from({ length: 20 }, (_, number) => entity(number));
const declared = performance.now();
const db = await BaseDuckDBManager.open({ path: ':memory:', entities, logger: false });
const opened = performance.now();
await db.close();
process.stdout.write(
  JSON.stringify({
    import: imported - started,
    declare: declared - imported,
    open: opened - declared,
    total: opened - started,
  }),
);
