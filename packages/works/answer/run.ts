import { floatsOf } from '@pathfold/checkpoint/layout';
import { pathShape, weightsOf } from '@pathfold/checkpoint/path';
import { continueAnswer } from '@pathfold/inference/generate';
import { pathOnnx } from '@pathfold/inference/onnx/path-graph';
import { openSession } from '@pathfold/inference/session';
import type { BriefRun } from '../brief-run.ts';
import { readTask } from '../work-run.ts';
import { AnswerTask } from './task.ts';

export const answerRun: BriefRun = {
  async open(body, modules, options) {
    const task = readTask(AnswerTask, body);
    const byName = new Map(task.modules.map(({ name }, i) => [name, floatsOf(modules[i]!)]));
    const path = pathShape(task.model, task.levels, task.path, task.embedding);
    const weights = weightsOf(
      path,
      path.modules.map(({ name }) => byName.get(name)),
    );
    const session = await openSession(pathOnnx(weights, { cached: true }), options);
    return {
      goOn: (continuation) => continueAnswer(session, task.model.context, continuation),
      release: () => session.release(),
    };
  },
};
