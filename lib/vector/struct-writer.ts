// Structs and unions, whose members are vectors of their own. Not here: what is taken for one (entity/).
import duckdb from '@duckdb/node-bindings';
import { NullMask } from './null-mask.js';
import { numberWriter } from './number-writer.js';
import type { VectorWriter } from './vector-writer.js';

/** @param members throws, or gives the members of a value in their order, none of them undefined */
export function structWriter(
  writers: readonly VectorWriter[],
  members: (value: unknown) => readonly unknown[],
): VectorWriter {
  const nulls = new NullMask();
  return {
    grows: writers.some((writer) => writer.grows),
    write(vector, values, count) {
      nulls.begin(count);
      const columns = writers.map(() => Array.from<unknown>({ length: count }));
      for (let index = 0; index < count; index += 1) {
        const value = values[index];
        if (value === null || value === undefined) {
          nulls.add(index);
          // the members of what is NULL are NULL, too
          for (const column of columns) column[index] = null;
          continue;
        }
        const own = members(value);
        for (let member = 0; member < columns.length; member += 1) (columns[member] as unknown[])[index] = own[member];
      }
      for (const [member, writer] of writers.entries())
        writer.write(duckdb.struct_vector_get_child(vector, member), columns[member] as unknown[], count);
      return nulls.writeTo(vector, count);
    },
  };
}

/** @param choice throws, or gives the number of the member and its value, which is not undefined */
export function unionWriter(
  writers: readonly VectorWriter[],
  choice: (value: unknown) => readonly [member: number, value: unknown],
): VectorWriter {
  const tag = numberWriter(Uint8Array, (value) => value as number, false);
  return structWriter([tag, ...writers], (value) => {
    const [member, own] = choice(value);
    const members: unknown[] = [member, ...writers.map(() => null)];
    members[member + 1] = own;
    return members;
  });
}
