/** A GGUF file, version 3, little-endian (github.com/ggml-org/ggml, docs/gguf.md). */

/** Numbers of the types of metadata, `gguf_metadata_value_type`. */
const VALUE = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
/** Numbers of the types of tensors, `ggml_type`. */
const TENSOR = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 8 } as const;

const MAGIC = 'GGUF';
const VERSION = 3;
/** The format's default: a tensor begins at a multiple of it. */
const ALIGNMENT = 32;

export type TensorType = keyof typeof TENSOR;

/** A typed value; arrays are of strings or of i32. */
export type Value =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly string: string }
  | { readonly strings: readonly string[] }
  | { readonly i32s: readonly number[] };

/** A tensor in its encoding. `shape` is row-major, as ours; the file lists it the other way round. */
export interface EncodedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
  readonly bytes: Uint8Array;
}

const integer = (value: number, bytes: 1 | 4 | 8): Uint8Array => {
  const view = new DataView(new ArrayBuffer(bytes));
  if (bytes === 8) view.setBigUint64(0, BigInt(value), true);
  else if (bytes === 4) view.setUint32(0, value, true);
  else view.setUint8(0, value);
  return new Uint8Array(view.buffer);
};
const u32 = (value: number) => integer(value, 4);
const u64 = (value: number) => integer(value, 8);
const text = (value: string): Uint8Array[] => {
  const bytes = new TextEncoder().encode(value);
  return [u64(bytes.length), bytes];
};

const encoded = (value: Value): Uint8Array[] => {
  if ('u32' in value) return [u32(VALUE.u32), u32(value.u32)];
  if ('f32' in value) return [u32(VALUE.f32), new Uint8Array(Float32Array.of(value.f32).buffer)];
  if ('bool' in value) return [u32(VALUE.bool), integer(value.bool ? 1 : 0, 1)];
  if ('string' in value) return [u32(VALUE.string), ...text(value.string)];
  if ('strings' in value)
    return [u32(VALUE.array), u32(VALUE.string), u64(value.strings.length), ...value.strings.flatMap(text)];
  const { i32s } = value;
  return [u32(VALUE.array), u32(VALUE.i32), u64(i32s.length), new Uint8Array(Int32Array.from(i32s).buffer)];
};

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** The bytes of a file with this metadata and these tensors, in the order given. */
export const encodeGguf = (
  metadata: Readonly<Record<string, Value>>,
  tensors: readonly EncodedTensor[],
): Uint8Array<ArrayBuffer> => {
  const entries = Object.entries(metadata);
  let end = 0;
  const infos = tensors.flatMap(({ name, shape, type, bytes }) => {
    const offset = end;
    end += aligned(bytes.length);
    return [...text(name), u32(shape.length), ...shape.toReversed().map(u64), u32(TENSOR[type]), u64(offset)];
  });
  const head = [
    new TextEncoder().encode(MAGIC),
    ...[u32(VERSION), u64(tensors.length), u64(entries.length)],
    ...entries.flatMap(([key, value]) => [...text(key), ...encoded(value)]),
    ...infos,
  ];
  const headBytes = aligned(head.reduce((sum, piece) => sum + piece.length, 0));
  const file = new Uint8Array(headBytes + end);
  let at = 0;
  for (const piece of head) {
    file.set(piece, at);
    at += piece.length;
  }
  at = headBytes;
  for (const { bytes } of tensors) {
    file.set(bytes, at);
    at += aligned(bytes.length);
  }
  return file;
};
