// /prices.csv: any number of rows in bounded memory, as fast as the client reads them.
import type { ServerResponse } from 'node:http';
import { Controller, Get, Query, Res } from '@nestjs/common';
import { PriceBar } from '../backtest/entities.js';
import { sendCsv } from './csv.js';
import { Prices } from './prices.js';
import { PriceQuery } from './requests.js';

@Controller()
export class PricesController {
  constructor(private readonly prices: Prices) {}

  @Get('prices.csv')
  async csv(@Query() query: PriceQuery, @Res() response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    await sendCsv(PriceBar, this.prices.during(query, gone.signal), response);
  }
}
