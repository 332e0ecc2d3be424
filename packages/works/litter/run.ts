import { runWhole } from '../whole-run.ts';
import { readTask, type WorkRun } from '../work-run.ts';
import { unitsOf, workOf } from './exact-work.ts';
import { examplesOf, LitterTask } from './task.ts';

/** The volunteer's half of evolution: lifetimes of genomes that it grows from their lineage. All or nothing. */
export const litterRun: WorkRun = {
  name: 'litter',

  async execute(body, ports) {
    const task = readTask(LitterTask, body);
    const start = 'start' in task && task.start ? await ports.blob(task.start) : null;
    const { forward, gradient } = examplesOf(task);
    return runWhole(workOf(task, start), { steps: unitsOf(task), tokens: forward + gradient }, ports);
  },
};
