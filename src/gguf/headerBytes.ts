// Reads the little-endian fields of a GGUF header one after another, from the beginning of a file. It
// trusts no length: each is compared with the file's size before anything is made from it. Of the file it
// needs only a prefix; a field beyond that prefix throws `PrefixTooShort`, and the caller comes back with a
// longer one.
import { TreekvError } from '../core/index.ts';

/** The prefix ends before a field that the file has. */
export class PrefixTooShort extends Error {
  /** Bytes of prefix that the field needs. */
  readonly needed: number;

  constructor(needed: number) {
    super(`${needed} bytes of the file are needed`);
    this.needed = needed;
  }
}

/** Headers of models known today reach some 20 MB; one beyond this is damage, not a vocabulary. */
export const maximumHeader = 2 ** 27;

/** Letters of a key or a tensor's name; the specification allows keys of so many bytes. */
const maximumName = 65535;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A place in a header, and the fields from there on. */
export class HeaderBytes {
  readonly file: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Bytes read so far. */
  at = 0;
  /** What is being read, for errors. */
  reading = 'the header';
  private readonly prefix: Buffer;
  private readonly view: DataView;

  constructor(prefix: Uint8Array, size: number, file: string) {
    this.prefix = Buffer.from(prefix.buffer, prefix.byteOffset, prefix.length);
    this.view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
    this.size = size;
    this.file = file;
  }

  /** `BAD_FILE` that says what was read. */
  damaged(what: string, details: Readonly<Record<string, unknown>> = {}): TreekvError {
    return new TreekvError('BAD_FILE', `${this.file}: ${this.reading} ${what}; copy or download it again`, {
      file: this.file,
      at: this.at,
      ...details,
    });
  }

  /** Throws unless `count` things of at least `each` bytes can still follow. */
  expect(count: number, each: number, what: string): void {
    this.requireRoom(count * each, `announces ${count} ${what}, ${count * each} bytes or more,`);
  }

  private requireRoom(bytes: number, need: string): void {
    const left = Math.min(this.size, maximumHeader) - this.at;
    if (bytes <= left) return;
    const where =
      this.size > maximumHeader ? `of the ${maximumHeader} that a header may have` : 'in the file';
    throw this.damaged(`${need} from byte ${this.at} on; ${left} are left ${where}`, {
      expected: bytes,
      actual: left,
    });
  }

  /** Steps over `length` bytes and says where they begin. */
  private step(length: number): number {
    const start = this.at;
    const end = start + length;
    if (end > this.prefix.length) {
      this.requireRoom(length, length === 1 ? 'needs a byte' : `needs ${length} bytes`);
      throw new PrefixTooShort(end);
    }
    this.at = end;
    return start;
  }

  uint8(): number {
    return this.view.getUint8(this.step(1));
  }

  int8(): number {
    return this.view.getInt8(this.step(1));
  }

  uint16(): number {
    return this.view.getUint16(this.step(2), true);
  }

  int16(): number {
    return this.view.getInt16(this.step(2), true);
  }

  uint32(): number {
    return this.view.getUint32(this.step(4), true);
  }

  int32(): number {
    return this.view.getInt32(this.step(4), true);
  }

  float32(): number {
    return this.view.getFloat32(this.step(4), true);
  }

  float64(): number {
    return this.view.getFloat64(this.step(8), true);
  }

  uint64(): number {
    const start = this.step(8);
    const high = this.view.getUint32(start + 4, true);
    // every text has one as its length, and a bigint for each would take a third of the time
    if (high < 2 ** 21) return high * 2 ** 32 + this.view.getUint32(start, true);
    return this.exact(this.view.getBigUint64(start, true));
  }

  int64(): number {
    return this.exact(this.view.getBigInt64(this.step(8), true));
  }

  /** `value` as a number, if a number can hold it. */
  exact(value: bigint): number {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw this.damaged(`holds ${value}, which is beyond 2^53`, { value: `${value}` });
  }

  /** A length and so many bytes of UTF-8. */
  text(): string {
    const length = this.uint64();
    const start = this.step(length);
    const text = this.prefix.toString('utf8', start, start + length);
    // bytes that are not UTF-8 become U+FFFD, but U+FFFD may also stand in the file itself
    if (text.includes('\ufffd')) this.requireUtf8(start, length);
    return text;
  }

  /** A text short enough to stand in a message. */
  name(): string {
    const name = this.text();
    if (name.length <= maximumName) return name;
    throw this.damaged(`has a name of ${name.length} letters; at most ${maximumName} are allowed`);
  }

  private requireUtf8(start: number, length: number): void {
    try {
      strictUtf8.decode(this.prefix.subarray(start, start + length));
    } catch {
      throw this.damaged(`has a text at byte ${start} that is not UTF-8`, { start, length });
    }
  }

  /** The next `length` bytes, in a buffer of their own. */
  copy(length: number): Uint8Array {
    const start = this.step(length);
    return new Uint8Array(this.prefix.subarray(start, start + length));
  }
}
