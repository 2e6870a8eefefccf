// `@mysingle/database/nestjs`: named re-exports, nothing else.
export { DuckDBModule } from './module.js';
export type {
  DuckDBModuleAsyncOptions,
  DuckDBModuleOptions,
  DuckDBOptions,
  DuckDBOptionsFactory,
  ManagerClass,
} from './options.js';
export { InjectManager, InjectRepository } from './inject.js';
export { DuckDBHealthIndicator, type DuckDBHealthOptions, type DuckDBHealthResult } from './health-indicator.js';
export { DuckDBExceptionFilter } from './exception-filter.js';
export { DuckDBJsonInterceptor } from './json-interceptor.js';
