import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Arithmetic } from './arithmetic.ts';
import { STUDIES } from './names.ts';
import { keyOf, ResultFiles } from './result-files.ts';

const SEEDS = [1, 2, 3];

test.each(Object.keys(STUDIES))('every committed result of %s is found by its key', async (name) => {
  const folder = fileURLToPath(new URL(`../../docs/studies/${name}`, import.meta.url));
  const files = new ResultFiles(folder);
  const study = await STUDIES[name]!.load();
  const arithmetic = new Arithmetic(study);
  let found = 0;
  for (const [arm, made] of Object.entries(study.design(false).arms))
    for (const seed of SEEDS) {
      if (!files.has(arm, seed)) continue;
      const key = keyOf(made.config, seed, (await arithmetic.of(made)).arithmetic);
      expect([arm, seed, files.read(arm, seed, key) !== null]).toEqual([arm, seed, true]);
      found++;
    }
  expect(found).toBe(readdirSync(`${folder}/results`).length);
});
