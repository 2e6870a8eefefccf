import { InjectRepository, type Repository } from '@mysingle/database';
import { Trade } from './trade.js';

export class Reports {
  @InjectRepository(Trade) readonly trades!: Repository<Trade>;
}
