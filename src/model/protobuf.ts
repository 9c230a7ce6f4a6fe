// Writes protocol-buffer messages: the five wire forms that ONNX models need, and no reader. A message is
// built in a growing buffer; a nested message is written first and then embedded with its length.
// Wire format: https://protobuf.dev/programming-guides/encoding/

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
const text = new TextEncoder();

/** One message under construction. Field numbers are those of the .proto file. */
export class ProtoMessage {
  private buffer = new Uint8Array(256);
  private length = 0;

  /** A (possibly negative) integer field: int32, int64 or enum. */
  int(field: number, value: number | bigint): this {
    this.varint((field << 3) | VARINT);
    return this.varint(value);
  }

  /** A float field. */
  float(field: number, value: number): this {
    this.varint((field << 3) | FIXED_32);
    this.reserve(4);
    new DataView(this.buffer.buffer).setFloat32(this.length, value, true);
    this.length += 4;
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.varint((field << 3) | LENGTH_DELIMITED);
    this.varint(value.length);
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, text.encode(value));
  }

  message(field: number, value: ProtoMessage): this {
    return this.bytes(field, value.finish());
  }

  /** The bytes written so far; a view that a later write may invalidate. */
  finish(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  private varint(value: number | bigint): this {
    // Negative integers are written as their 64-bit two's complement, as int64 fields want.
    let rest = BigInt.asUintN(64, BigInt(value));
    this.reserve(10);
    while (rest > 127n) {
      this.buffer[this.length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.buffer[this.length++] = Number(rest);
    return this;
  }

  private reserve(extra: number): void {
    if (this.length + extra <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + extra));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
}
