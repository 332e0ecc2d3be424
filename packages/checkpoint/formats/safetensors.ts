import { halfBytesOf, halvesIn, halvesOf, valuesOf } from '@pathfold/compression/half';
import { PathfoldError } from '@pathfold/protocol/errors';
import * as z from 'zod/mini';
import type { ExportNotes, WeightFormat } from '../formats.ts';
import { bytesOf, floatsOf } from '../layout.ts';
import { fromLlama, type NamedTensor, toLlama } from '../llama-names.ts';
import type { PathWeights } from '../path.ts';

type Dtype = 'F32' | 'F16';
const ELEMENT_BYTES: Readonly<Record<Dtype, number>> = { F32: 4, F16: 2 };

/**
 * A safetensors file: the header's length as u64, a JSON header padded with spaces to 8 bytes, then the tensors in the
 * order given (github.com/huggingface/safetensors, "Format").
 */
const pack = (
  tensors: readonly NamedTensor[],
  dtype: Dtype,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> => {
  let end = 0;
  const entries = tensors.map(({ name, shape, data }) => {
    const start = end;
    end += data.length * ELEMENT_BYTES[dtype];
    return [name, { dtype, shape, data_offsets: [start, end] }] as const;
  });
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const text = new TextEncoder().encode(json);
  const headerBytes = Math.ceil(text.length / 8) * 8;

  const file = new Uint8Array(LENGTH_BYTES + headerBytes + end).fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(text, LENGTH_BYTES);
  let offset = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors) {
    const bytes = dtype === 'F32' ? bytesOf(data) : halfBytesOf(halvesOf(data));
    file.set(bytes, offset);
    offset += bytes.byteLength;
  }
  return file;
};

const LENGTH_BYTES = 8;
/** As in the reference implementation. */
const MOST_HEADER_BYTES = 100_000_000;

const count = z.int().check(z.minimum(0));
const Header = z.catchall(
  z.object({ __metadata__: z.optional(z.record(z.string(), z.string())) }),
  z.strictObject({
    dtype: z.enum(['F32', 'F16'], { error: 'only F32 and F16 are read' }),
    shape: z.array(count),
    data_offsets: z.tuple([count, count]),
  }),
);

const refuse = (why: string): never => {
  throw new PathfoldError('bad_checkpoint', `safetensors: ${why}`);
};

const headerOf = (file: Uint8Array): { header: z.infer<typeof Header>; data: Uint8Array } => {
  if (file.byteLength < LENGTH_BYTES) refuse(`${file.byteLength} bytes hold no header`);
  const announced = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (announced > MOST_HEADER_BYTES || Number(announced) > file.byteLength - LENGTH_BYTES)
    refuse(`a header of ${announced} bytes in a file of ${file.byteLength}`);
  const start = LENGTH_BYTES + Number(announced);
  const parsed = Header.safeParse(jsonOf(file.subarray(LENGTH_BYTES, start)));
  if (parsed.success) return { header: parsed.data, data: file.subarray(start) };
  const [issue] = parsed.error.issues;
  return refuse(`header.${issue!.path.join('.')}: ${issue!.message}`);
};

const jsonOf = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return refuse('the header is not JSON');
  }
};

/** The tensors of a file, in the order in which they lie in it. Throws PathfoldError `bad_checkpoint`. */
const unpack = (file: Uint8Array): NamedTensor[] => {
  const { header, data } = headerOf(file);
  const { __metadata__, ...tensors } = header;
  const placed = Object.entries(tensors).toSorted(
    ([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1],
  );
  let end = 0;
  const read = placed.map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => {
      const bytes = shape.reduce((product, size) => product * size, ELEMENT_BYTES[dtype]);
      if (to - from !== bytes) refuse(`${name} lies in ${to - from} bytes, its shape asks for ${bytes}`);
      if (from !== end) refuse(`${name} begins at ${from}, where the tensor before it ends at ${end}`);
      if (to > data.byteLength) refuse(`${name} ends at ${to} of ${data.byteLength} bytes of data`);
      end = to;
      const own = data.subarray(from, to);
      return { name, shape, data: dtype === 'F32' ? floatsOf(own) : valuesOf(finiteHalves(name, own)) };
    },
  );
  if (end !== data.byteLength) refuse(`${data.byteLength - end} bytes come after the last tensor`);
  return read;
};

const EXPONENT = 0x7c00;

const finiteHalves = (name: string, bytes: Uint8Array): Uint16Array => {
  const halves = halvesIn(bytes);
  if (halves.some((half) => (half & EXPONENT) === EXPONENT)) refuse(`${name} has a value that is not finite`);
  return halves;
};

const metadataOf = ({ runName, path, round }: ExportNotes) => ({
  format: 'pt',
  run: runName,
  path,
  round: String(round),
});

/** The file in halves: each value rounded to the nearest. */
export const writeHalves = (weights: PathWeights, notes: ExportNotes): Uint8Array<ArrayBuffer> =>
  pack(toLlama(weights), 'F16', metadataOf(notes));

/** A file of float32 tensors under the names of Hugging Face's Llama. */
export default {
  contentType: 'application/octet-stream',
  write: (weights, _tokenizerJson, notes) => pack(toLlama(weights), 'F32', metadataOf(notes)),
  read: (file, model) => fromLlama(unpack(file), model),
} satisfies WeightFormat;
