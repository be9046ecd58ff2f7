/** As much of protobuf's wire format as an ONNX file needs: https://protobuf.dev/programming-guides/encoding/ */

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Collects the fields of one message. */
export class ProtobufWriter {
  readonly #bytes: number[] = [];
  readonly #chunks: Uint8Array[] = [];

  integer(field: number, value: number): this {
    this.#tag(field, VARINT);
    this.#varint(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(BigInt(value.length));
    this.#flush();
    this.#chunks.push(value);
    return this;
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish());
  }

  finish(): Uint8Array {
    this.#flush();
    return new Uint8Array(Buffer.concat(this.#chunks));
  }

  #tag(field: number, type: number): void {
    this.#varint(BigInt((field << 3) | type));
  }

  #varint(value: bigint): void {
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes.push(Number(rest & 0x7fn) | 0x80);
    this.#bytes.push(Number(rest));
  }

  #flush(): void {
    this.#chunks.push(Uint8Array.from(this.#bytes.splice(0)));
  }
}
