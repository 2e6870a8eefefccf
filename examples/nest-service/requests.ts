// What requests may hold. Values of the wrong form are refused here, by class-validator; those that the database cannot hold, there.
import type { Insert } from '@mysingle/database';
import { Type } from 'class-transformer';
import { IsArray, IsDate, IsInt, IsNotEmpty, IsNumber, IsOptional, IsString, IsUUID, Max, Min, ValidateNested } from 'class-validator'; // prettier-ignore
import type { BacktestResult, Trade } from '../backtest/entities.js';

/** GET /backtests */
export class BacktestQuery {
  @IsOptional() @IsNotEmpty() userId?: string;
  @IsOptional() @IsNotEmpty() strategyId?: string;
  @IsOptional() @Type(() => Number) @IsNumber() minSharpe?: number;
  @Type(() => Number) @IsInt() @Min(1) @Max(100) limit = 20;
  @IsOptional() @IsNotEmpty() after?: string;
}

/** GET /backtests/top */
export class TopQuery {
  @Type(() => Number) @IsInt() @Min(1) @Max(100) limit = 5;
}

/** GET /prices.csv */
export class PriceQuery {
  @IsOptional() @Type(() => Date) @IsDate() from?: Date;
  @IsOptional() @Type(() => Date) @IsDate() to?: Date;
}

class NewTrade implements Trade {
  @IsString() bought!: string;
  @IsString() sold!: string;
  @IsNumber() buyPrice!: number;
  @IsNumber() sellPrice!: number;
  @IsNumber() profit!: number;
}

/** POST /backtests. The id may be the client's own: sent twice, the second is refused. */
export class NewBacktest implements Insert<BacktestResult> {
  @IsOptional() @IsUUID() id?: string;
  @IsNotEmpty() strategyId!: string;
  @IsNotEmpty() userId!: string;
  @Type(() => Date) @IsDate() startDate!: Date;
  @Type(() => Date) @IsDate() endDate!: Date;
  @IsNumber() totalReturn!: number;
  @IsOptional() @IsNumber() sharpeRatio?: number | null;
  @IsNumber() maxDrawdown!: number;
  @IsArray() @ValidateNested({ each: true }) @Type(() => NewTrade) trades!: NewTrade[];
}
