// UUIDs between text and DuckDB's 128 bits. Not here: making them (default.ts).

const HEX = new TextEncoder().encode('0123456789abcdef');
const DASH = 0x2d;
/** the bytes of the text that begin with each of the 16 bytes, from the last to the first as DuckDB keeps them */
const PLACES = [34, 32, 30, 28, 26, 24, 21, 19, 16, 14, 11, 9, 6, 4, 2, 0];
const letters = Buffer.alloc(36, DASH);

/** The text of the UUID at `index`. DuckDB keeps them as integers with the sign turned, so that they sort as they read. */
export function uuidText(memory: Uint8Array, index: number): string {
  for (let place = 0; place < 16; place += 1) {
    const byte = (memory[16 * index + place] as number) ^ (place === 15 ? 0x80 : 0);
    const at = PLACES[place] as number;
    letters[at] = HEX[byte >> 4] as number;
    letters[at + 1] = HEX[byte & 15] as number;
  }
  return letters.toString('latin1', 0, 36);
}
