import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Spellings, Tf, TfTensor } from './context.ts';

const TILE = 16;

/**
 * For the WASM backend, whose transposed and batched products run 10 to 20 times slower than plain 2-D ones, whose
 * slices copy the whole source and whose gather is slow: copies go straight through the backend's memory.
 */
export const wasmSpellings = (tf: Tf, backend: BackendWasm): Spellings => {
  const empty = (shape: readonly number[]): TfTensor =>
    tf.engine().makeTensorFromTensorInfo(backend.makeOutput([...shape], 'float32'));
  const module = backend.wasm as typeof backend.wasm & { readonly HEAPU8: Uint8Array };
  const heap = (): ArrayBufferLike => module.HEAPU8.buffer;
  const offset = (x: TfTensor): number => backend.dataIdMap.get(x.dataId).memoryOffset;
  // A view is good until the next allocation: memory moves when it grows.
  const view = (x: TfTensor): Float32Array => new Float32Array(heap(), offset(x), x.size);
  const indices = (x: TfTensor): Int32Array => new Int32Array(heap(), offset(x), x.size);

  const stretch = (x: TfTensor, from: number, shape: readonly number[]): TfTensor => {
    const part = empty(shape);
    view(part).set(view(x).subarray(from, from + part.size));
    return part;
  };
  /** The last two axes exchanged, in tiles that fit a cache line. */
  const turned = (x: TfTensor): TfTensor => {
    const [rows, columns] = x.shape.slice(-2) as [number, number];
    const result = empty([...x.shape.slice(0, -2), columns, rows]);
    const [from, to] = [view(x), view(result)];
    for (let item = 0; item < x.size; item += rows * columns)
      for (let r0 = 0; r0 < rows; r0 += TILE)
        for (let c0 = 0; c0 < columns; c0 += TILE)
          for (let r = r0; r < Math.min(r0 + TILE, rows); r++)
            for (let c = c0; c < Math.min(c0 + TILE, columns); c++)
              to[item + c * rows + r] = from[item + r * columns + c]!;
    return result;
  };

  const batched = (a: TfTensor, b: TfTensor): TfTensor => {
    const [items, m, k] = a.shape as [number, number, number];
    const n = b.shape[2]!;
    const product = empty([items, m, n]);
    for (let item = 0; item < items; item++) {
      // A fresh right-hand side each time: the backend keeps a packed copy by tensor.
      const left = stretch(a, item * m * k, [m, k]);
      const right = stretch(b, item * k * n, [k, n]);
      const one = tf.matMul(left, right);
      view(product).set(view(one), item * m * n);
      for (const used of [left, right, one]) used.dispose();
    }
    return product;
  };

  return {
    matmul(a, b, transposeA = false, transposeB = false) {
      const left = transposeA ? turned(a) : a;
      const right = transposeB ? turned(b) : b;
      return a.rank === 2 ? tf.matMul(left, right) : batched(left, right);
    },
    // The backend's own one-hot writes the bits of an integer 1 into float tensors.
    oneHot(ids, depth) {
      const hot = empty([ids.size, depth]);
      const to = view(hot).fill(0);
      indices(ids).forEach((id, n) => {
        to[n * depth + id] = 1;
      });
      return hot;
    },
    gatherRows(table, ids) {
      const width = table.shape[1]!;
      const rows = empty([ids.size, width]);
      const [from, to] = [view(table), view(rows)];
      indices(ids).forEach((id, n) => {
        to.set(from.subarray(id * width, (id + 1) * width), n * width);
      });
      return rows;
    },
    scatterRows(ids, values, count) {
      const width = values.shape[1]!;
      const sums = empty([count, width]);
      const [from, to] = [view(values), view(sums).fill(0)];
      indices(ids).forEach((id, n) => {
        for (let d = 0; d < width; d++) to[id * width + d]! += from[n * width + d]!;
      });
      return sums;
    },
    splitColumns(x, count) {
      const [rows, width] = x.shape as [number, number];
      const part = width / count;
      return Array.from({ length: count }, (_, index) => {
        const columns = empty([rows, part]);
        const [from, to] = [view(x), view(columns)];
        for (let n = 0; n < rows; n++) {
          const start = n * width + index * part;
          to.set(from.subarray(start, start + part), n * part);
        }
        return columns;
      });
    },
    swapHalves(x, width) {
      const swapped = empty(x.shape);
      const [from, to, half] = [view(x), view(swapped), width / 2];
      for (let start = 0; start < x.size; start += width)
        for (let i = 0; i < half; i++) {
          to[start + i] = from[start + half + i]!;
          to[start + half + i] = from[start + i]!;
        }
      return swapped;
    },
    joinColumns(parts) {
      const rows = parts[0]!.shape[0]!;
      const width = parts.reduce((sum, part) => sum + part.shape[1]!, 0);
      const whole = empty([rows, width]);
      let column = 0;
      for (const part of parts) {
        const [from, to, columns] = [view(part), view(whole), part.shape[1]!];
        for (let n = 0; n < rows; n++) to.set(from.subarray(n * columns, (n + 1) * columns), n * width + column);
        column += columns;
      }
      return whole;
    },
    unpack(flat, shapes) {
      let from = 0;
      return shapes.map((shape) => {
        const part = stretch(flat, from, shape);
        from += part.size;
        return part;
      });
    },
  };
};
