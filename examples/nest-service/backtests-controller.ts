// /backtests. What the database refuses is answered by DuckDBExceptionFilter: 400, 404, 409 and so on.
import { BadRequestException, Body, Controller, Get, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { isDatabaseError } from '@mysingle/database';
import { Backtests } from './backtests.js';
import { BacktestQuery, NewBacktest, TopQuery } from './requests.js';

@Controller('backtests')
export class BacktestsController {
  constructor(private readonly backtests: Backtests) {}

  @Get()
  async list(@Query() query: BacktestQuery) {
    try {
      return await this.backtests.page(query);
    } catch (error) {
      // a cursor that is none, which only here is known to come from the request
      if (query.after !== undefined && isDatabaseError(error, 'E_QUERY')) throw new BadRequestException(error.message);
      throw error;
    }
  }

  @Get('top')
  top(@Query() { limit }: TopQuery) {
    return this.backtests.top(limit);
  }

  @Get(':id')
  one(@Param('id', ParseUUIDPipe) id: string) {
    return this.backtests.findOneOrFail({ where: { id } });
  }

  @Post()
  insert(@Body() backtest: NewBacktest) {
    return this.backtests.insert(backtest);
  }
}
