// What is kept of an instance of a class that class-transformer knows: its members as @Expose, @Exclude and @Transform have them in
// plain data; in an entity they are what the table gave, and are kept so, but for those that are excluded. The memory holds no more than
// the table of the cache, so that whoever answers gives the same. Not here: entities themselves (kept-object.ts).
import { printOf, type Class } from '../class-transformer.js';
import { DatabaseError } from '../errors.js';
import { instanceOf, instanceWith } from '../members.js';
import { Kept, OBJECT_BYTES, tagged, type Tagged } from './kept.js';
import type { KeptObject } from './kept-object.js';

const proven = new WeakSet<Class>();

export class KeptInstance extends Kept {
  constructor(
    private readonly type: Class,
    private readonly members: KeptObject,
    private readonly asIs: boolean,
  ) {
    super();
  }

  /**
   * The first of a class is made once to see that it can be.
   *
   * @param asIs neither renamed nor transformed
   *
   * @throws DatabaseError `E_UNSUPPORTED` where the class makes no instance of what it gave
   */
  static of(type: Class, members: KeptObject, asIs: boolean): KeptInstance {
    const kept = new KeptInstance(type, members, asIs);
    if (!proven.has(type)) {
      kept.copy();
      proven.add(type);
    }
    return kept;
  }

  copy(): object {
    try {
      return (this.asIs ? instanceWith : instanceOf)(this.type, this.members.copy());
    } catch (error) {
      throw new DatabaseError(
        'E_UNSUPPORTED',
        `The cache makes instances of ${this.type.name} by class-transformer, which failed: its constructor is called without arguments, then its @Type and @Transform. Mend these, or cache plain data.`,
        { cause: error },
      );
    }
  }

  encode(): Tagged {
    return tagged(this.asIs ? 'as' : 'of', this.type.name, printOf(this.type), this.members.encode());
  }

  size(): number {
    return OBJECT_BYTES + this.members.size();
  }
}
