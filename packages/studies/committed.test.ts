import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { judge } from './claims.ts';
import { STUDIES } from './names.ts';
import { type Result, Results } from './results.ts';

const NAMES = Object.keys(STUDIES);

/** Keys do not heed the order of fields; the bytes of a result that is computed again do. */
test.each(NAMES)('the committed results of %s hold their configurations as they would be written now', async (name) => {
  const study = await STUDIES[name]!.load();
  const { arms } = study.design(false);
  const folder = new URL(`../../docs/studies/${name}/results/`, import.meta.url);
  for (const file of readdirSync(folder)) {
    const { arm, seed, config } = JSON.parse(readFileSync(fileURLToPath(new URL(file, folder)), 'utf8'));
    expect([arm, seed, JSON.stringify(config)]).toEqual([arm, seed, JSON.stringify(arms[arm]!.config)]);
  }
});

test.each(NAMES)('the committed claims of %s are what its committed results give', async (name) => {
  const folder = new URL(`../../docs/studies/${name}/`, import.meta.url);
  const read = (path: string) => JSON.parse(readFileSync(fileURLToPath(new URL(path, folder)), 'utf8'));
  const { seeds } = read('config.json') as { seeds: number[] };
  const results = new Results(seeds);
  for (const file of readdirSync(new URL('results/', folder))) {
    const { arm, seed, ...result } = read(`results/${file}`) as Result & { arm: string; seed: number };
    results.add(arm, seed, result);
  }
  const study = await STUDIES[name]!.load();
  const figures = seeds.map((seed) => results.at(seed));
  expect(read('claims.json')).toEqual(judge(study.design(false).claims, figures));
});
