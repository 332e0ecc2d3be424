import { PathfoldError } from '@pathfold/protocol/errors';
import * as z from 'zod/mini';
import { averageArea } from './area.ts';

const range = z.tuple([z.int().check(z.minimum(0)), z.int().check(z.minimum(0))]);
const side = z.int().check(z.minimum(1), z.maximum(64));

/** The first line of a packed set, in JSON. */
export const PictureHeader = z.strictObject({
  name: z.string(),
  /** In which it was published. */
  year: z.int(),
  source: z.string(),
  licence: z.string(),
  height: side,
  width: side,
  /** 1: grey, or ink on paper; landsat has 4 spectral bands. */
  channels: z.int().check(z.minimum(1), z.maximum(4)),
  /** A label is a place in this list. */
  classes: z.array(z.string()).check(z.minLength(1), z.maxLength(256)),
  /** Pictures `[from, to)` of each split, together all. Where there is no official one it is `all`. */
  splits: z.record(z.string(), range),
  count: z.int().check(z.minimum(1), z.maximum(100_000)),
  /** Pictures left out because a later split has the same pixels. */
  duplicates: z.int().check(z.minimum(0)),
});
export type PictureHeader = z.infer<typeof PictureHeader>;

/** A set of labelled pictures. */
export interface PictureSet extends PictureHeader {
  /** [count] */
  readonly labels: Uint8Array;
  /** [count, height, width, channels], 0 to 255. */
  readonly pixels: Uint8Array;
}

const NEWLINE = 10;
const MOST_BYTES = 32_000_000;
/** Bytes that the first line may have. */
const MOST_HEADER = 65_536;

const wrong = (why: string) => new PathfoldError('bad_pictures', `The set of pictures cannot be read: ${why}.`);

/** gzip of: the header's line, labels, pixels. Throws PathfoldError `bad_pictures`. */
export async function unpackSet(packed: Uint8Array): Promise<PictureSet> {
  const bytes = await inflated(packed);
  const end = bytes.subarray(0, MOST_HEADER).indexOf(NEWLINE);
  if (end < 0) throw wrong('it has no header');
  const header = headerOf(new TextDecoder().decode(bytes.subarray(0, end)));
  const { count, height, width, channels, classes, splits } = header;
  const labels = bytes.slice(end + 1, end + 1 + count);
  const pixels = bytes.slice(end + 1 + count);
  const expected = count * height * width * channels;
  if (labels.length !== count || pixels.length !== expected)
    throw wrong(`${bytes.length - end - 1} bytes of labels and pixels where ${count + expected} are told`);
  if (labels.some((label) => label >= classes.length)) throw wrong('a label names no class');
  if (Object.values(splits).some(([from, to]) => from > to || to > count)) throw wrong('a split leaves the set');
  return { ...header, labels, pixels };
}

function headerOf(line: string): PictureHeader {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw wrong('its header is not JSON');
  }
  const read = PictureHeader.safeParse(json);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw wrong(`${issue?.path.join('.') || 'header'}: ${issue?.message}`);
}

async function inflated(packed: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((error: Error) => {
      throw wrong(error.message || 'it is no gzip stream');
    });
    if (done) break;
    length += value.length;
    if (length > MOST_BYTES) {
      await reader.cancel();
      throw wrong(`it has more than ${MOST_BYTES} bytes`);
    }
    parts.push(value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Places of the pictures of a split, in order; of one class where it is told. Throws PathfoldError `bad_pictures`. */
export function placesOf({ splits, labels }: PictureSet, split: string, label?: number): number[] {
  const range = splits[split];
  if (!range) throw wrong(`it has no split ${split}; it has ${Object.keys(splits).join(', ')}`);
  const places = Array.from({ length: range[1] - range[0] }, (_, i) => range[0] + i);
  return label === undefined ? places : places.filter((place) => labels[place] === label);
}

/** The same pictures `size` pixels high and wide, by area; `set` itself where they are. */
export function sizedTo(set: PictureSet, size: number): PictureSet {
  if (set.height === size && set.width === size) return set;
  const pixels = averageArea(set.pixels, set, { height: size, width: size });
  return { ...set, height: size, width: size, pixels };
}
