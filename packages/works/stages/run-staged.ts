import { runWhole } from '../whole-run.ts';
import { readTask, type WorkRun } from '../work-run.ts';
import type { ExactPart } from './exact-part.ts';

/** The volunteer's half of a study. All or nothing: half a part could not be computed again for comparison. */
export const stagedRun = <T>({ name, Task, amountOf, blobsOf, work }: ExactPart<T>): WorkRun => ({
  name,
  async execute(body, ports) {
    const task = readTask(Task, body);
    const blobs = await Promise.all(blobsOf(task).map((ref) => ref && ports.blob(ref)));
    const { steps, examples } = amountOf(task);
    return runWhole(work(task, blobs, null), { steps, tokens: examples }, ports);
  },
});
