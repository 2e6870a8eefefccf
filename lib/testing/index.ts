// @mysingle/database/testing: what tests need of a database, whatever runs them. Named re-exports, nothing else.
export { createTestManager, type TestManagerOptions } from './test-manager.js';
export { temporaryPath, type TemporaryPath } from './temporary-path.js';
export { manualClock, type ManualClock } from './manual-clock.js';
export { factory, type Factory, type Overrides } from './factory.js';
export { seed, type SeedRows } from './seed.js';
export { failingTier, type FailingTier, type FailureOptions, type FailureKind, type TierCall } from './failing-tier.js';
export { recordLogs, type LogLine, type RecordedLogs } from './record-logs.js';
