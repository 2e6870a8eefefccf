import { expect } from 'chai';
import { describe, it } from 'mocha';
import * as library from '@mysingle/database';

describe('the package', () => {
  it('exports exactly what is meant to be public', () => {
    expect(Object.keys(library).toSorted()).to.deep.equal([
      'BaseDuckDBManager', 'CacheInvalidate', 'Cached', 'Column', 'DatabaseError', 'ERROR_CODES', 'Entity', 'Index', 'InjectRepository', 'Repository', 'Table', 'Transactional',
      'afterCommit', 'all', 'and', 'argMax', 'argMin', 'array', 'avg', 'between', 'closeOnSignals', 'collect', 'column', 'columnsOf', 'contains', 'count', 'countDistinct', 'csvFile', 'ddlOf',
      'endsWith', 'enumOf', 'eq', 'first', 'gt', 'gte', 'has', 'hasAll', 'hasAny', 'ilike', 'isDatabaseError', 'isNotNull', 'isNull', 'json', 'jsonFile', 'keyvStore', 'last',
      'like', 'list', 'lt', 'lte', 'managerToken', 'map', 'max', 'median', 'min', 'ne', 'noneOf', 'not', 'now', 'oneOf', 'or', 'parquet', 'pathFromEnv',
      'quantile', 'repositoryToken', 'sequence', 'sql', 'startsWith', 'stddev', 'struct', 'sum', 'timeBucket', 'toJsonSerializable', 'union', 'uuid4',
      'uuid7', 'withContext',
    ]); // prettier-ignore
    expect(library.Entity).to.equal(library.Table);
  });
});
