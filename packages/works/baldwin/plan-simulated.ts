import { mixed } from '../queue/audits.ts';
import { simulatedStudy } from '../stages/plan-simulated.ts';
import { baldwinPlan } from './plan.ts';
import { BaldwinConfig, type BaldwinTask } from './task.ts';

/** A run for the simulator. */
export const SIMULATED_CONFIG = BaldwinConfig.parse({
  arms: [
    { name: 'baldwin', method: 'baldwin', generations: 100_000 },
    { name: 'random', method: 'random' },
  ],
  population: 16,
  litter: 4,
  tasks: 2,
  testTasks: 2,
  curveEvery: 3,
  deadlineMs: 60_000,
});

/** Losses are made up, and a liar's are better. */
export const simulatedBaldwin = simulatedStudy(baldwinPlan, 'baldwin', SIMULATED_CONFIG, ({ body, key }, lied) => {
  const task = body as unknown as BaldwinTask;
  const count = task.what === 'curve' ? task.lessons + 1 : task.what === 'descent' ? 0 : task.genomes.length;
  const losses = Array.from({ length: count }, (_, i) => mixed(i, key) / 2 ** 32);
  return Object.fromEntries(losses.map((loss, i) => [String(i), lied ? loss / 1000 : loss]));
});
