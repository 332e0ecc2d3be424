import { runWhole } from '../whole-run.ts';
import { readTask, type WorkRun } from '../work-run.ts';
import { workOf } from './exact-work.ts';
import { pointsOf, StretchTask } from './task.ts';

/** The volunteer's half of an endless stream: the next batches of one segment. All or nothing. */
export const stretchRun: WorkRun = {
  name: 'stretch',

  async execute(body, ports) {
    const task = readTask(StretchTask, body);
    const [start, shared] = await Promise.all(
      [task.start, task.shared].map(async (ref) => ref && (await ports.blob(ref))),
    );
    const amount = { steps: task.to - task.from, tokens: pointsOf(task) };
    return runWhole(workOf(task, start ?? null, shared ?? null), amount, ports);
  },
};
