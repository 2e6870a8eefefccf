// What tests of a program that uses this library need, as `@mysingle/database/testing`: named re-exports, nothing else.
export { QueryRecorder, expectQueries, recordQueries, type RecordedQuery } from './record-queries.js';
