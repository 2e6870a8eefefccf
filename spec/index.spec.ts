import { expect } from 'chai';
import { describe, it } from 'mocha';
import * as library from '@mysingle/database';

describe('the package', () => {
  it('exports exactly what is meant to be public', () => {
    expect(Object.keys(library).toSorted()).to.deep.equal([
      'BaseDuckDBManager', 'CacheInvalidate', 'Cached', 'Column', 'DatabaseError', 'ERROR_CODES', 'Entity', 'Index', 'InjectRepository', 'Repository', 'Table',
      'Transactional', 'afterCommit', 'all', 'and', 'argMax', 'argMin', 'array', 'at', 'avg', 'between', 'closeOnSignals', 'collect', 'column', 'columnsOf', 'contains',
      'count', 'countDistinct', 'csvFile', 'datePart', 'ddlOf', 'denseRank', 'durationMs', 'endsWith', 'enumOf', 'eq', 'first', 'firstValue', 'grouping', 'gt', 'gte', 'has', 'hasAll',
      'hasAny', 'ilike', 'isDatabaseError', 'isNotNull', 'isNull', 'json', 'jsonFile', 'keyvStore', 'lag', 'last', 'lastValue', 'lead', 'like', 'list', 'lt', 'lte',
      'managerToken', 'many', 'map', 'max', 'median', 'min', 'movingAvg', 'movingMax', 'movingMin', 'movingSum', 'ne', 'noneOf', 'not', 'now', 'one', 'oneOf', 'or',
      'parquet', 'pathFromEnv', 'percentRank', 'quantile', 'rank', 'repositoryToken', 'rowNumber', 'runningSum', 'sequence', 'sql', 'startsWith', 'stddev', 'struct',
      'sum', 'timeBucket', 'toJsonSerializable', 'union', 'uuid4', 'uuid7', 'withContext',
    ]); // prettier-ignore
    expect(library.Entity).to.equal(library.Table);
  });
});
