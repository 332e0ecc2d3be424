import type { Json } from '@pathfold/coordination/work-plan';
import { Arithmetic, type Bits } from './arithmetic.ts';
import { type Claim, judge } from './claims.ts';
import { writePage } from './page.ts';
import { keyOf, ResultFiles } from './result-files.ts';
import { Results } from './results.ts';
import type { Study } from './study.ts';

export interface ConductOptions {
  readonly name: string;
  readonly study: Study;
  readonly quick: boolean;
  readonly seeds: readonly number[];
  /** The arms to compute; when left out all of them but the long ones. Claims and page read every result that is there. */
  readonly arms?: readonly string[];
  /** The long ones too. */
  readonly long?: boolean;
  /** How many at once. */
  readonly workers: number;
  /** Where the study's page, plots and results go. */
  readonly folder: string;
  /** Computes one result and writes its file under the key that these bits make; answers whether it ended well. */
  compute(arm: string, seed: number, bits: Bits): Promise<boolean>;
  say(text: string): void;
}

export interface Outcome {
  readonly claims: readonly Claim[];
  readonly config: Json;
  /** Failures in words. */
  readonly failures: readonly string[];
}

/**
 * Computes what is missing, arm after arm for each seed, those that come first with all seeds before the others; then judges
 * the claims and writes the page.
 */
export async function conduct(options: ConductOptions): Promise<Outcome> {
  const { name, study, quick, seeds, folder, workers, say } = options;
  const design = study.design(quick);
  const every = Object.keys(design.arms);
  const files = new ResultFiles(folder);
  const arithmetic = new Arithmetic(study);
  const bitsOf = (arm: string) => arithmetic.of(design.arms[arm]!);
  const find = async (arm: string, seed: number) =>
    files.has(arm, seed)
      ? files.read(arm, seed, keyOf(design.arms[arm]!.config, seed, (await bitsOf(arm)).arithmetic))
      : null;

  const asked = options.arms ?? every.filter((arm) => options.long || design.arms[arm]!.when !== 'long');
  const isFirst = (arm: string) => design.arms[arm]!.when === 'first';
  const wanted = [asked.filter(isFirst), asked.filter((arm) => !isFirst(arm))].flatMap((arms) =>
    seeds.flatMap((seed, at) =>
      arms.filter((arm) => at < (design.arms[arm]!.seeds ?? seeds.length)).map((arm) => ({ arm, seed })),
    ),
  );
  const missing: { arm: string; seed: number }[] = [];
  for (const { arm, seed } of wanted) if (!(await find(arm, seed))) missing.push({ arm, seed });
  say(`${name}: ${missing.length} of ${wanted.length} results to compute`);
  const failures: string[] = [];
  const work = async () => {
    for (let next = missing.shift(); next; next = missing.shift())
      if (!(await options.compute(next.arm, next.seed, await bitsOf(next.arm))))
        failures.push(`${next.arm} with seed ${next.seed} failed`);
  };
  await Promise.all(Array.from({ length: workers }, work));

  const results = new Results(seeds);
  for (const arm of every)
    for (const seed of seeds) {
      const result = await find(arm, seed);
      if (result) results.add(arm, seed, result);
    }
  const figures = seeds.map((seed) => results.at(seed));
  const claims = judge(design.claims, figures);
  const config = { ...(design.config as Record<string, Json>), seeds: [...seeds] };
  const command = `npm run study -- ${name}${quick ? ' --quick' : ''}`;
  writePage(folder, { study: name, command, seeds, config, claims, specs: design.claims, ...design.report(results) });
  return { claims, config, failures };
}
