import { expect } from 'chai';
import { describe, it } from 'mocha';
import * as nest from '@mysingle/database/nestjs';

describe('@mysingle/database/nestjs', () => {
  it('exports exactly what is meant to be public', () => {
    expect(Object.keys(nest).toSorted()).to.deep.equal([
      'DuckDBExceptionFilter', 'DuckDBHealthIndicator', 'DuckDBJsonInterceptor', 'DuckDBModule', 'InjectManager', 'InjectRepository',
    ]); // prettier-ignore
  });
});
