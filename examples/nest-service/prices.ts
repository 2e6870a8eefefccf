// The daily prices.
import { Repository, between } from '@mysingle/database';
import { PriceBar } from '../backtest/entities.js';

const EVER = [new Date('0001-01-01'), new Date('9999-12-31')] as const;

export class Prices extends Repository.of(PriceBar) {
  /** Row by row, in the order of days. `signal` interrupts the query. */
  during({ from = EVER[0], to = EVER[1] }: { from?: Date; to?: Date }, signal: AbortSignal) {
    return this.stream({ where: { day: between(from, to) }, orderBy: { day: 'asc' }, signal });
  }
}
