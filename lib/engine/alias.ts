// The name under which the database is attached.

/** Every connection uses it, so that SQL needs no prefix. Unusual, since a schema of the same name would be ambiguous. */
export const ALIAS = 'mysingle_db';
