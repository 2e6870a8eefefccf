// Where a symbol stands in the pages of the API: by the place of its declaration. Not here: how it is shown (api-pages.ts).

/** A page: what it is about, and the guide that tells more. */
export interface Topic {
  readonly page: string;
  readonly title: string;
  readonly about: string;
  /** beginnings of places under `lib`; of several that fit the longest counts */
  readonly places: readonly string[];
}

export const TOPICS: readonly Topic[] = [
  {
    page: 'declaring',
    title: 'Declaring entities',
    about: 'Decorators, types of columns, defaults, and the types of rows. Guide: [declaring.md](../declaring.md).',
    places: ['entity/', 'sql/ddl'],
  },
  {
    page: 'manager',
    title: 'The manager',
    about:
      'Opening and closing, transactions, backups, health, and what every call takes. Guides: [getting started](../README.md), [transactions.md](../transactions.md), [reliability.md](../reliability.md).',
    places: [
      'manager',
      'database-snapshot',
      'data-calls',
      'options',
      'database-snapshot',
      'data-calls',
      'close-on-signals',
      'transactional',
      'engine/',
      'schema/',
      'limit',
      'duration',
      'json-serializable',
    ],
  },
  {
    page: 'repository',
    title: 'Repositories',
    about:
      'Reads and writes of one entity, and their options. Guides: [reading.md](../reading.md), [writing.md](../writing.md).',
    places: [
      'repository',
      'reads',
      'reading/',
      'row-stream',
      'entity/column-array',
      'sql/select',
      'sql/relation',
      'sql/page',
      'sql/distinct',
      'sql/sample',
      'sql/summary',
      'sql/explanation',
    ],
  },
  {
    page: 'conditions',
    title: 'Conditions',
    about: 'What stands in `where`. Guide: [conditions.md](../conditions.md).',
    places: ['sql/operator'],
  },
  {
    page: 'aggregates',
    title: 'Aggregates, time series, windows',
    about:
      'Groups, buckets of time, joins by time, windows. Guides: [aggregates.md](../aggregates.md), [time-series.md](../time-series.md).',
    places: ['sql/aggregate', 'sql/group-key', 'sql/as-of', 'sql/latest', 'sql/window'],
  },
  {
    page: 'sql',
    title: 'Raw SQL',
    about:
      'The `sql` tag and what stands in it; `query`, `execute` and the others are methods of [the manager](manager.md). Guide: [sql.md](../sql.md).',
    places: ['fragment', 'sql/column-ref', 'raw-sql'],
  },
  {
    page: 'cache',
    title: 'The cache',
    about: 'Decorators, `db.cache`, and a store for Keyv. Guide: [caching.md](../caching.md).',
    places: ['cache/'],
  },
  {
    page: 'files',
    title: 'Files',
    about: 'Entities that are read from files, exports and imports. Guide: [files.md](../files.md).',
    places: ['files/', 'entity/file-source'],
  },
  {
    page: 'errors',
    title: 'Errors and logs',
    about: 'The one error class, its codes, and ids for logs. Every code: [errors.md](../errors.md).',
    places: ['errors', 'error-codes', 'context', 'log'],
  },
  {
    page: 'observability',
    title: 'Metrics and traces',
    about: 'What the library tells of itself while it works. Guide: [observability.md](../observability.md).',
    places: ['diagnostic'],
  },
  {
    page: 'injection',
    title: 'Injection',
    about:
      'Repositories for classes without a container, and tokens for classes with one. Guide: [containers.md](../containers.md).',
    places: ['inject'],
  },
];

/** Entries of the package beside the main one, with a page each. */
export const ENTRIES: Readonly<Record<string, Omit<Topic, 'places' | 'page'>>> = {
  nestjs: { title: 'NestJS', about: 'Guide: [nest.md](../nest.md).' },
  testing: { title: 'Testing', about: 'Guide: [testing.md](../testing.md).' },
};

/** @throws Error for a place that no page is about: say which one in `TOPICS` */
export function topicOf(name: string, file: string): Topic {
  const fits = TOPICS.flatMap((topic) =>
    topic.places.filter((place) => file.startsWith(place)).map((place) => ({ topic, place })),
  );
  const best = fits.toSorted((a, b) => b.place.length - a.place.length)[0];
  if (best === undefined) throw new Error(`docs/generate/topics.ts: no page is about ${name} of lib/${file}.ts.`);
  return best.topic;
}
