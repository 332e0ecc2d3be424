import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { averageArea } from './area.ts';
import { placesOf, sizedTo, unpackSet } from './pictures.ts';
import { storedSet } from './stored.ts';

const SETS = {
  'landsat-3x3': { train: 3435, test: 1000 },
  'mnist-first': { train: 6000, test: 2000 },
  'omniglot-small1': { all: 2720 },
  optdigits: { train: 3823, test: 1797 },
  'pneumoniamnist-balanced': { train: 2424, valid: 270, test: 468 },
  quickdraw3: { train: 2400, test: 600 },
  semeion: { train: 1279, test: 314 },
};

test.each(Object.entries(SETS))(
  '%s is what its README says, and no split has a picture of another',
  async (name, splits) => {
    const set = await unpackSet(storedSet(name));
    expect(Object.fromEntries(Object.keys(set.splits).map((split) => [split, placesOf(set, split).length]))).toEqual(
      splits,
    );
    expect(new Set(set.labels).size).toBe(set.classes.length);
    const bytes = set.height * set.width * set.channels;
    const textOf = (place: number) => String(set.pixels.subarray(bytes * place, bytes * (place + 1)));
    const pictures = Object.keys(set.splits).map((split) => new Set(placesOf(set, split).map(textOf)));
    for (const [i, one] of pictures.entries())
      for (const other of pictures.slice(i + 1)) expect([...other].filter((text) => one.has(text))).toEqual([]);
  },
);

test('all sets together have at most 2.5 MB', () => {
  const bytes = Object.keys(SETS).reduce((sum, name) => sum + storedSet(name).length, 0);
  expect(bytes).toBeLessThan(2_500_000);
});

test('a pixel of another size is the mean of the area that it covers', () => {
  const grey = { height: 3, width: 3, channels: 1 };
  const pixels = Uint8Array.of(0, 30, 60, 90, 120, 150, 180, 210, 240);
  expect([...averageArea(pixels, grey, { height: 1, width: 1 })]).toEqual([120]);
  // Each covers 1.5 x 1.5: 1 of a corner, 1/2 of two sides, 1/4 of the middle.
  expect([...averageArea(pixels, grey, { height: 2, width: 2 })]).toEqual([40, 80, 160, 200]);
  expect([...averageArea(Uint8Array.of(7, 9), { height: 1, width: 2, channels: 1 }, { height: 2, width: 4 })]).toEqual([
    7, 7, 9, 9, 7, 7, 9, 9,
  ]);
});

test('a set is read in the size that a study asks for, colours apart', async () => {
  const set = sizedTo(await unpackSet(storedSet('landsat-3x3')), 16);
  expect([set.height, set.width, set.pixels.length]).toEqual([16, 16, 4435 * 16 * 16 * 4]);
  const small = await unpackSet(storedSet('landsat-3x3'));
  expect([...set.pixels.subarray(0, 4)]).toEqual([...small.pixels.subarray(0, 4)]);
});

test('a set that is unknown, missing or another is refused with its name', () => {
  const empty = pathToFileURL(`${mkdtempSync(join(tmpdir(), 'pictures-'))}/`);
  expect(() => storedSet('cats')).toThrow(/There is no set cats; there are landsat-3x3/);
  expect(() => storedSet('toString')).toThrow(/There is no set toString/);
  expect(() => storedSet('semeion', empty)).toThrow(/The set semeion is missing/);
  writeFileSync(new URL('semeion.bin', empty), storedSet('optdigits'));
  expect(() => storedSet('semeion', empty)).toThrow(/sha256 [0-9a-f]{64}, where 34186/);
});

test('bytes that are no set are refused: no gzip, no header, wrong fields, too few or too many bytes', async () => {
  const bytes = new Uint8Array(gunzipSync(storedSet('semeion')));
  const end = bytes.indexOf(10);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  const packed = (change: object, from = end) =>
    new Uint8Array(
      gzipSync(Buffer.concat([Buffer.from(JSON.stringify({ ...header, ...change })), bytes.subarray(from)])),
    );
  await expect(unpackSet(packed({}))).resolves.toMatchObject({ count: 1593 });
  const wrong: [Uint8Array, RegExp][] = [
    [Uint8Array.of(1, 2, 3), /bad_pictures/],
    [new Uint8Array(gzipSync('')), /no header/],
    [new Uint8Array(gzipSync('{\n')), /not JSON/],
    [packed({ height: 1e9 }), /height/],
    [packed({ count: 1592 }), /bytes of labels and pixels/],
    [packed({ classes: ['0'] }), /a label names no class/],
    [packed({ splits: { train: [0, 5000] } }), /a split leaves the set/],
    [new Uint8Array(gzipSync(new Uint8Array(40_000_000))), /more than 32000000 bytes/],
  ];
  for (const [bad, why] of wrong) await expect(unpackSet(bad)).rejects.toThrow(why);
  const set = await unpackSet(storedSet('semeion'));
  expect(() => placesOf(set, 'valid')).toThrow(/no split valid; it has train, test/);
});
