import type { WorkerHost } from '@pathfold/tensors/executors/wasm/worker-messages';
import { type Arm, type ArmSpec, type Device, openArm, type Timed } from './arms.ts';

/** Requests to a worker that measures; `arm` names an arm that was opened. */
export type Question =
  | { readonly type: 'open'; readonly spec: ArmSpec }
  | { readonly type: 'steps'; readonly arm: number; readonly count: number }
  | { readonly type: 'dispose'; readonly arm: number };

interface Answers {
  readonly open: Device & { readonly arm: number; readonly peakBytes: number };
  readonly steps: Timed;
  readonly dispose: null;
}
export type Answer = Answers[Question['type']] | { readonly error: string };

/** The worker's half: answers one question after another. */
export const serveArms = (workers: WorkerHost): ((question: Question) => Promise<Answer>) => {
  const arms: Arm[] = [];
  const answer = async (question: Question): Promise<Answer> => {
    if (question.type === 'open') {
      const arm = await openArm(question.spec, workers);
      const { adapter, software, peakBytes } = arm;
      return { arm: arms.push(arm) - 1, adapter, software, peakBytes };
    }
    const arm = arms[question.arm]!;
    if (question.type === 'steps') return arm.steps(question.count);
    await arm.dispose();
    return null;
  };
  return (question) => answer(question).catch((error: unknown) => ({ error: String(error) }));
};

/** The other half: an arm in a worker that answers. */
export const openElsewhere = async (spec: ArmSpec, answers: (question: Question) => Promise<Answer>): Promise<Arm> => {
  const ask = async <Q extends Question>(question: Q): Promise<Answers[Q['type']]> => {
    const answer = await answers(question);
    if (answer && 'error' in answer) throw new Error(answer.error);
    return answer as Answers[Q['type']];
  };
  const { arm, ...device } = await ask({ type: 'open', spec });
  return {
    ...device,
    steps: (count) => ask({ type: 'steps', arm, count }),
    dispose: async () => void (await ask({ type: 'dispose', arm })),
  };
};
