import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Arithmetic, codeOf, sourcesOf } from './arithmetic.ts';
import { compute } from './compute.ts';
import { conduct } from './conduct.ts';
import { linePlot } from './plots.ts';
import type { Arm, Study } from './study.ts';

let folder: string;
let computed: string[];
let madeBases: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pathfold-study-'));
  computed = [];
  madeBases = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const toy = (bits = 'x', secondConfig = 2): Study => ({
  about: 'a toy',
  sources: ['claims.ts'],
  probes: ({ config }) => ({ shared: [], own: [{ of: { config }, run: async () => `${bits} of ${config}` }] }),
  design: () => ({
    config: { net: 'none' },
    arms: { one: { about: 'the first', config: 1 }, two: { about: 'the second', config: secondConfig } },
    claims: [
      {
        id: 'toy.1',
        claim: 'two | one',
        currency: 'tokens',
        paper: 'more',
        bound: { op: '>=', value: 1 },
        measure: (of) => of('two') - of('one'),
      },
      { id: 'toy.2', claim: 'never', bound: { op: '<=', value: 0 }, measure: (of) => of('two') - of('one') },
    ],
    report: (results) => ({
      tables: [{ title: 'Seeds', currency: 'Steps.', head: ['arm'], rows: [[String(results.of('one').length)]] }],
      plots: [linePlot('toy', 'Toy', { label: 'x' }, { label: 'y' }, [])],
    }),
  }),
  async run({ config }, seed, { cached }) {
    const base = await cached('base', { seed }, async () => {
      madeBases++;
      return Uint8Array.of(seed);
    });
    return { figures: { nats: (config as number) * 10 + base[0]! }, curves: {} };
  },
});

const play = (study: Study, options: { arms?: string[]; long?: boolean; fails?: string } = {}) =>
  conduct({
    name: 'toy',
    study,
    quick: false,
    seeds: [1, 2],
    workers: 1,
    folder,
    ...(options.arms && { arms: options.arms }),
    ...(options.long && { long: true }),
    async compute(arm, seed, bits) {
      computed.push(`${arm} ${seed}`);
      if (options.fails === arm) return false;
      await compute({
        study,
        quick: false,
        arm,
        seed,
        bits,
        sources: sourcesOf(study),
        executor: 'wasm',
        folder,
        cacheFolder: join(folder, 'cache'),
        say: () => {},
      });
      return true;
    },
    say: () => {},
  });

test('every arm and seed is computed once; claims are judged, and one that fails is no failure of the study', async () => {
  const { claims, failures } = await play(toy());
  expect(computed.sort()).toEqual(['one 1', 'one 2', 'two 1', 'two 2']);
  expect(madeBases).toBe(2);
  expect(failures).toEqual([]);
  expect(claims.map(({ measured, holds }) => [measured, holds])).toEqual([
    [{ mean: 10, std: 0, n: 2 }, true],
    [{ mean: 10, std: 0, n: 2 }, false],
  ]);
});

test('an arm that is dear is computed with its first seeds only', async () => {
  const study = toy();
  const { arms, ...design } = study.design(false);
  const dear = { ...arms, two: { ...arms['two']!, seeds: 1 } };
  const { claims } = await play({ ...study, design: () => ({ ...design, arms: dear }) });
  expect(computed.sort()).toEqual(['one 1', 'one 2', 'two 1']);
  expect(claims[0]!.measured).toMatchObject({ mean: 10, n: 1 });
});

test('arms that come first are computed with all seeds before the others; long ones only where they are asked for', async () => {
  const study = toy();
  const design = study.design(false);
  const { one, two } = design.arms as { one: Arm; two: Arm };
  const arms = { long: { ...one, when: 'long' as const }, one, two: { ...two, when: 'first' as const } };
  const ordered = { ...study, design: () => ({ ...design, arms }) };
  await play(ordered);
  expect(computed).toEqual(['two 1', 'two 2', 'one 1', 'one 2']);
  computed = [];
  await play(ordered, { arms: ['long'] });
  expect(computed).toEqual(['long 1', 'long 2']);
  rmSync(join(folder, 'results'), { recursive: true });
  computed = [];
  await play(ordered, { long: true });
  expect(computed).toHaveLength(6);
});

test('what is there is not computed again, and the page comes out the same', async () => {
  const first = await play(toy());
  const page = readFileSync(join(folder, 'README.md'), 'utf8');
  computed = [];
  expect(await play(toy())).toEqual(first);
  expect(computed).toEqual([]);
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe(page);
});

test('an arm is not computed with other code than the study began with', async () => {
  const options = {
    study: toy(),
    quick: false,
    arm: 'one',
    seed: 1,
    bits: { arithmetic: 'any', shared: 'any' },
    folder,
    cacheFolder: folder,
  };
  await expect(compute({ ...options, executor: 'wasm', sources: 'of before', say: () => {} })).rejects.toThrow(
    'changed while it ran',
  );
  expect(readdirSync(folder)).toEqual([]);
});

test('an interrupted study goes on where it stopped, and a changed arm or arithmetic is computed anew', async () => {
  await play(toy(), { arms: ['one'] });
  computed = [];
  await play(toy());
  expect(computed).toEqual(['two 1', 'two 2']);
  computed = [];
  await play(toy('x', 3));
  expect(computed).toEqual(['two 1', 'two 2']);
  computed = [];
  await play(toy('y', 3));
  expect(computed).toHaveLength(4);
  expect(readdirSync(join(folder, 'results'))).toHaveLength(4);
});

test('types, comments, spacing and where imports lie are not arithmetic; a number is', async () => {
  const code = 'export const rate = 0.7; // of the outer step';
  expect(await codeOf('/** The rate. */\nexport const rate: number = 0.7;')).toBe(await codeOf(code));
  expect(await codeOf(`import { rate } from './there.ts';\nimport { other } from './there.ts';\n${code}`)).toBe(
    await codeOf(code),
  );
  expect(await codeOf('export const rate = 0.9;')).not.toBe(await codeOf(code));
  const keyed = async (study: Study) => (await new Arithmetic(study).of(study.design(false).arms['one']!)).arithmetic;
  expect(await keyed({ ...toy(), sources: ['claims.ts', 'tables.ts'] })).not.toBe(await keyed(toy()));
});

test('an arm that breaks is named, and the others are there', async () => {
  const { claims, failures } = await play(toy(), { fails: 'two' });
  expect(failures).toEqual(['two with seed 1 failed', 'two with seed 2 failed']);
  expect(claims[0]).toMatchObject({ measured: { n: 0 }, holds: false, verdict: 'not_measured' });
});

test('what people wrote around the results stays', async () => {
  await play(toy(), { arms: ['one'] });
  const path = join(folder, 'README.md');
  writeFileSync(path, readFileSync(path, 'utf8').replace('# Study: toy', '# Toy\n\nWhy.').concat('\n## Log\n'));
  await play(toy());
  const page = readFileSync(path, 'utf8');
  expect(page).toMatch(/^# Toy\n\nWhy\.\n/);
  expect(page).toMatch(/## Log\n$/);
  expect(page).toContain(
    '| toy.1 | two \\| one | tokens | more | ≥ 1.0000 | 10.0000 ± 0.0000 | *undecided* with 2 seeds |',
  );
  expect(page).toContain('Verdicts: 0 held, 0 not held, 2 undecided, 0 not measured');
  const design = toy().design(false);
  const unnamed = design.claims.map(({ currency, ...claim }) => claim);
  await play({ ...toy(), design: () => ({ ...design, claims: unnamed }) });
  expect(readFileSync(path, 'utf8')).toContain('| toy.1 | two \\| one | more | ≥');
});

test('a probe whose bits change makes the arms that have it stale, and no other', async () => {
  await play(toy());
  const changed: Study = {
    ...toy(),
    probes: ({ config }) => ({
      shared: [],
      own: [{ of: { config }, run: async () => `${config === 2 ? 'y' : 'x'} of ${config}` }],
    }),
  };
  computed = [];
  await play(changed);
  expect(computed).toEqual(['two 1', 'two 2']);
});
