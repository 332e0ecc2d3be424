// Prints the answers of the probes of some arms in the tree that this stands in: node bits.ts < arms.json, which is {STUDY: {ARM: config}}.
// It is put into the tree of an earlier commit too, with probes.ts of today: it imports nothing that was not there.
import { readFileSync, writeSync } from 'node:fs';
import type { Json } from '@pathfold/coordination/work-plan';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { ProbeBits, type Probes } from '../probes.ts';

export type ByArm = Record<string, Record<string, string>>;

const asked = JSON.parse(readFileSync(0, 'utf8')) as Record<string, Record<string, Json>>;
const known = new ProbeBits(() => openExecutor('wasm'));
const bits: ByArm = {};
for (const [study, arms] of Object.entries(asked)) {
  const { probes } = (await import(`../${study}/probes.ts`)) as { probes(config: Json): Probes };
  bits[study] = {};
  for (const [arm, config] of Object.entries(arms)) {
    const { shared, own } = probes(config);
    bits[study][arm] = await known.of([...shared, ...own]);
  }
}
writeSync(1, JSON.stringify(bits));
process.exit(0);
