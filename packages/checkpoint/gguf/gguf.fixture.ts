import { valuesOf } from '@pathfold/compression/half';

/** A tensor of a GGUF file, its values as float32. `shape` is row-major. */
interface ReadTensor {
  readonly type: string;
  readonly shape: readonly number[];
  /** From the beginning of the tensors' data. */
  readonly offset: number;
  readonly bytes: number;
  readonly values: Float32Array;
}

const BLOCK = 32;
/** By `ggml_type`: name, bytes of a block, and its values. */
const TYPES: Readonly<Record<number, [name: string, blockValues: number, blockBytes: number]>> = {
  0: ['F32', 1, 4],
  1: ['F16', 1, 2],
  2: ['Q4_0', BLOCK, 18],
  8: ['Q8_0', BLOCK, 34],
};

const scaleAt = (data: Uint8Array): number => valuesOf(new Uint16Array(data.slice(0, 2).buffer))[0]!;

const blockValues = (type: string, block: Uint8Array): number[] => {
  const scale = scaleAt(block);
  const codes = block.subarray(2);
  if (type === 'Q8_0') return [...new Int8Array(codes.slice().buffer)].map((code) => code * scale);
  return [...[...codes].map((code) => code & 15), ...[...codes].map((code) => code >> 4)].map(
    (code) => (code - 8) * scale,
  );
};

/** Reads a GGUF file by the published layout, for tests. */
export function readGguf(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = 0;
  const step = <T>(bytes: number, value: (at: number) => T): T => {
    at += bytes;
    return value(at - bytes);
  };
  const u32 = () => step(4, (from) => view.getUint32(from, true));
  const u64 = () => Number(step(8, (from) => view.getBigUint64(from, true)));
  const text = () => {
    const length = u64();
    return step(length, (from) => new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(from, from + length)));
  };
  const value = (type: number): unknown => {
    if (type === 4) return u32();
    if (type === 5) return step(4, (from) => view.getInt32(from, true));
    if (type === 6) return step(4, (from) => view.getFloat32(from, true));
    if (type === 7) return step(1, (from) => view.getUint8(from) === 1);
    if (type === 8) return text();
    if (type !== 9) throw new Error(`metadata of type ${type}`);
    const of = u32();
    return Array.from({ length: u64() }, () => value(of));
  };
  const magic = step(4, (from) => new TextDecoder().decode(file.subarray(from, from + 4)));
  const [version, tensorCount, valueCount] = [u32(), u64(), u64()];
  const metadata = Object.fromEntries(Array.from({ length: valueCount }, () => [text(), value(u32())]));
  const infos = Array.from({ length: tensorCount }, () => ({
    name: text(),
    shape: Array.from({ length: u32() }, u64).reverse(),
    type: u32(),
    offset: u64(),
  }));
  const dataStart = Math.ceil(at / 32) * 32;
  const tensors = new Map(
    infos.map(({ name, shape, type: number, offset }): [string, ReadTensor] => {
      const [type, values, bytesEach] = TYPES[number]!;
      const count = shape.reduce((product, size) => product * size, 1);
      const data = file.slice(dataStart + offset, dataStart + offset + (count / values) * bytesEach);
      const read = () => {
        if (type === 'F32') return new Float32Array(data.buffer);
        if (type === 'F16') return valuesOf(new Uint16Array(data.buffer));
        const blocks = Array.from({ length: count / BLOCK }, (_, b) =>
          data.subarray(b * bytesEach, (b + 1) * bytesEach),
        );
        return Float32Array.from(blocks.flatMap((block) => blockValues(type, block)));
      };
      return [name, { type, shape, offset, bytes: data.length, values: read() }];
    }),
  );
  return { magic, version, metadata, tensors, dataStart, dataBytes: file.length - dataStart };
}
