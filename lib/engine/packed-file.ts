// Whether a compressed text is whole: DuckDB reads one that was cut off as far as it goes, and looks at no checksum of GZIP. Not here:
// what is in it.
import { createReadStream, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { extname } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { FileKind } from '../entity/file-source.js';
import { DatabaseError } from '../errors.js';
import type { Limit } from '../limit.js';

/** The ends of names by which DuckDB unpacks a file unasked. */
const PACKED = { '.gz': 'gzip', '.zst': 'zstd' } as const;

const CHUNK_BYTES = 1_048_576;

/**
 * Reads a text through that is compressed.
 *
 * @throws DatabaseError `E_CORRUPT` for one that is cut off or damaged; the reason of the limit
 */
export async function verifyPacked(
  file: string,
  { format, compression }: FileKind,
  what: string,
  limit?: Limit,
): Promise<void> {
  if (format === 'parquet') return;
  const packed = compression ?? PACKED[extname(file.replace(/\?[\s\S]*/, '')) as '.gz'];
  // a pipe can be read but once
  if (packed === undefined || !statSync(file).isFile()) return;
  limit?.refuse();
  const stop = new AbortController();
  const off = limit?.onStop((reason) => stop.abort(reason));
  try {
    await (packed === 'gzip' ? gunzipped(file, stop.signal) : framed(file, stop.signal));
  } catch (error) {
    if (limit?.reason !== undefined) throw limit.reason;
    const why = whyDamaged(error);
    if (why === undefined) throw error;
    throw new DatabaseError('E_CORRUPT', `${what}: ${file} ${why} Copy it, or write it, anew.`, { cause: error, details: { path: file } }); // prettier-ignore
  } finally {
    off?.();
  }
}

class Damage extends Error {
  override readonly name = 'Damage';
}

const CUT_OFF = 'is cut off: it ends before what is compressed in it does.';

function whyDamaged(error: unknown): string | undefined {
  if (error instanceof Damage) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return CUT_OFF;
  if (code !== 'Z_DATA_ERROR') return undefined;
  return message === 'incorrect header check' ? 'is not a GZIP stream, or not to its end.' : `is damaged: ${message}.`;
}

/** All members to their ends, with their checksums. */
async function gunzipped(file: string, signal: AbortSignal): Promise<void> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
  await pipeline(createReadStream(file, { highWaterMark: CHUNK_BYTES }), unpacked, nowhere, { signal });
}

const MAGIC = 0xfd2fb528;
const SKIPPED_MAGIC = 0x184d2a50;
/** How many bytes the size of the content and the number of a dictionary take, by their flags in the header of a frame. */
const SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const RLE = 1;
const RESERVED = 3;

/** All frames of Zstandard to their ends, by the lengths in them (RFC 8878); what is compressed is left to DuckDB. */
async function framed(file: string, signal: AbortSignal): Promise<void> {
  const handle = await open(file);
  try {
    const bytes = new Bytes(handle, (await handle.stat()).size);
    if (bytes.left <= 0) throw new Damage(CUT_OFF);
    while (bytes.left > 0) await frame(bytes, signal);
  } finally {
    await handle.close();
  }
}

async function frame(bytes: Bytes, signal: AbortSignal): Promise<void> {
  const magic = await bytes.number(4);
  if (magic !== MAGIC) {
    if ((magic & ~0xf) !== SKIPPED_MAGIC) throw new Damage('is not a ZSTD frame, or not to its end.');
    return bytes.skip(await bytes.number(4));
  }
  const header = await bytes.number(1);
  const single = (header & 0x20) !== 0;
  const size = header >> 6 === 0 && single ? 1 : (SIZE_BYTES[header >> 6] as number);
  bytes.skip((single ? 0 : 1) + (DICTIONARY_BYTES[header & 3] as number) + size);
  for (let last = false; !last;) {
    signal.throwIfAborted();
    const block = await bytes.number(3);
    last = (block & 1) === 1;
    const type = (block >> 1) & 3;
    if (type === RESERVED) throw new Damage('is damaged: it has a block of no known type.');
    bytes.skip(type === RLE ? 1 : block >> 3);
  }
  if ((header & 4) !== 0) bytes.skip(4);
}

/** Numbers of a file, one after the other, the low byte first. */
class Bytes {
  #at = 0;
  #from = 0;
  #window = Buffer.alloc(0);

  constructor(
    private readonly handle: FileHandle,
    private readonly size: number,
  ) {}

  get left(): number {
    return this.size - this.#at;
  }

  skip(length: number): void {
    this.#at += length;
    if (this.left < 0) throw new Damage(CUT_OFF);
  }

  async number(length: number): Promise<number> {
    const at = this.#at;
    this.skip(length);
    if (at < this.#from || this.#at > this.#from + this.#window.length) {
      const { bytesRead, buffer } = await this.handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at);
      this.#window = buffer.subarray(0, bytesRead);
      this.#from = at;
      if (bytesRead < length) throw new Damage(CUT_OFF);
    }
    return this.#window.readUIntLE(at - this.#from, length);
  }
}
