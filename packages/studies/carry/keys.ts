// The keys that the tree in which this stands gives to its results: node keys.ts SEEDS STUDY... answers {STUDY: {"ARM.SEED": key}}.
import { writeSync } from 'node:fs';
import type { Bits } from '../arithmetic.ts';
import { STUDIES } from '../names.ts';
import { keyOf } from '../result-files.ts';
import type { Arm, Study } from '../study.ts';
import type { ByArm } from './bits.ts';

/** Before decision 0024 one hash stood for all arms of a study. */
interface Then {
  arithmeticOf?(study: Study): Promise<string>;
  Arithmetic?: new (study: Study) => { of(arm: Arm): Promise<Bits> };
}

const { arithmeticOf, Arithmetic } = (await import('../arithmetic.ts')) as Then;
const keys: ByArm = {};
const [seeds, ...names] = process.argv.slice(2);
for (const name of names) {
  const study = await STUDIES[name]!.load();
  const whole = await arithmeticOf?.(study);
  const known = Arithmetic && new Arithmetic(study);
  keys[name] = {};
  for (const [arm, made] of Object.entries(study.design(false).arms))
    for (let seed = 1; seed <= Number(seeds); seed++)
      keys[name][`${arm}.${seed}`] = keyOf(made.config, seed, whole ?? (await known!.of(made)).arithmetic);
}
writeSync(1, JSON.stringify(keys));
process.exit(0);
