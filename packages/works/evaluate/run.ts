import { assignedTo } from '../assigned.ts';
import { scoreDocuments } from '../score-documents.ts';
import { readTask, type WorkRun } from '../work-run.ts';
import { EvaluateTask } from './task.ts';

/** Scores a path on held-out documents: all of them, or those that the router gives to it. */
export const evaluateRun: WorkRun = {
  name: 'evaluate',

  async execute(body, ports) {
    const task = readTask(EvaluateTask, body);
    const { assigned, chunkTokens } = task;
    const mine = assigned && assignedTo(await ports.blob(assigned.assignment), assigned.split, assigned.path);
    return scoreDocuments(task, ports, {
      chosen: (count) => mine ?? Array.from({ length: count }, (_, document) => document),
      chunkTokens,
    });
  },
};
