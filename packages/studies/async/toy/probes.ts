import { createHash } from 'node:crypto';
import type { Probe, Probes } from '../../probes.ts';
import { evaluationPlan, initParts, PARTS, ratesAt, trainingPlan } from './net.ts';
import { DIMENSION } from './problem.ts';
import { runToy } from './run.ts';
import type { ToyConfig } from './settings.ts';

/** As the toy's tasks have it. */
const BATCH = 32;

/** One step and one look in the arm's own size. */
const size = (hidden: number): Probe => ({
  of: { toy: { hidden } },
  async run(ports) {
    const executor = await ports.openExecutor();
    const hash = createHash('sha256');
    const [training, looking] = [trainingPlan, evaluationPlan].map((plan) => executor.compile(plan(hidden, BATCH)));
    const inputs = Float32Array.from({ length: BATCH * (DIMENSION + 1) }, (_, i) => ((i * i) % 101) / 101 - 0.5);
    const batch = {
      ...{ inputs, targets: Int32Array.from({ length: BATCH }, (_, row) => row % 4) },
      ones: new Float32Array(BATCH).fill(1),
    };
    const start = initParts(hidden, 1);
    for (const part of PARTS) {
      training!.write(part, start[part]);
      for (const moment of ['m', 'v']) training!.write(`${part} ${moment}`, new Float32Array(start[part].length));
    }
    await training!.run({ ...batch, rates: ratesAt(2e-4, 0) }, []);
    for (const part of PARTS) {
      const end = await training!.read(part);
      hash.update(new Uint8Array(end.buffer));
      looking!.write(part, end);
    }
    for (const output of Object.values(await looking!.run(batch))) hash.update(new Uint8Array(output.slice().buffer));
    executor.dispose();
    return hash.digest('hex');
  },
});

/** One task of each worker by the arm's own rules, with a small net and few points. */
function rules(config: ToyConfig): Probe {
  const small: ToyConfig = { ...config, hidden: 8, points: 256, phases: 1 };
  return { of: { toy: small } as unknown as Probe['of'], run: (ports) => runToy(small, 1, ports) };
}

export const toyProbes = (config: ToyConfig): Probes => ({ shared: [], own: [size(config.hidden), rules(config)] });
