import type { BriefPlan } from '@pathfold/coordination/brief-plan';
import type { SimulatedKind } from '@pathfold/coordination/simulator/kind';
import type { WorkFold, WorkPlan } from '@pathfold/coordination/work-plan';
import type { BriefRun } from './brief-run.ts';
import type { WorkRun } from './work-run.ts';

interface NamedKind {
  /** As leases and stored data name it; for `baldwin` and `what-and-how` by the words of their first version. */
  readonly name: string;
  /** A volunteer's activity, and its unit of counting; left out where it counts steps. */
  readonly words: { readonly doing: string; readonly counts?: string };
}

/** Work of one lease after another: each is granted in the log, computed, uploaded, checked and accepted. */
export interface LoggedKind extends NamedKind {
  readonly brief?: never;
  plan(): Promise<WorkPlan<unknown>>;
  run(): Promise<WorkRun>;
  fold(): Promise<WorkFold>;
  /** As the simulator takes it, if it does. */
  simulated?(): Promise<SimulatedKind>;
}

/** Work whose leases stream and end within seconds, beside the one in hand: only the end of each is logged. */
export interface BriefKind extends NamedKind {
  readonly brief: true;
  plan(): Promise<BriefPlan>;
  run(): Promise<BriefRun>;
}

/** A kind of work. Each host loads the half that it needs: the coordinator no tensors, the volunteer no folds. */
export type Kind = LoggedKind | BriefKind;

/** The one list of all kinds of work, in the order in which they are asked. A new one is added here and in works/KIND. */
export const KINDS: readonly Kind[] = [
  {
    name: 'route',
    words: { doing: 'Routing texts', counts: 'tokens read' },
    plan: async () => (await import('./route/plan.ts')).routePlan as WorkPlan<unknown>,
    run: async () => (await import('./route/run.ts')).routeRun,
    fold: async () => (await import('./route/fold.ts')).routeFold,
    simulated: async () => (await import('./route/plan-simulated.ts')).simulatedRoute,
  },
  {
    name: 'train',
    words: { doing: 'Training' },
    plan: async () => (await import('./train/plan.ts')).trainPlan as WorkPlan<unknown>,
    run: async () => (await import('./train/run.ts')).trainRun,
    fold: async () => (await import('./train/fold.ts')).trainFold,
    simulated: async () => (await import('./train/plan-simulated.ts')).simulatedTrain,
  },
  {
    name: 'evaluate',
    words: { doing: 'Scoring', counts: 'tokens scored' },
    plan: async () => (await import('./evaluate/plan.ts')).evaluatePlan as WorkPlan<unknown>,
    run: async () => (await import('./evaluate/run.ts')).evaluateRun,
    fold: async () => (await import('./evaluate/fold.ts')).evaluateFold,
    simulated: async () => (await import('./evaluate/plan-simulated.ts')).simulatedEvaluate,
  },
  {
    name: 'litter',
    words: { doing: 'Living lives of a study' },
    plan: async () => (await import('./baldwin/plan.ts')).baldwinPlan as WorkPlan<unknown>,
    run: async () => (await import('./baldwin/run.ts')).baldwinRun,
    fold: async () => (await import('./baldwin/fold.ts')).baldwinFold,
    simulated: async () => (await import('./baldwin/plan-simulated.ts')).simulatedBaldwin,
  },
  {
    name: 'stretch',
    words: { doing: 'Following a stream of a study' },
    plan: async () => (await import('./what-and-how/plan.ts')).whatAndHowPlan as WorkPlan<unknown>,
    run: async () => (await import('./what-and-how/run.ts')).whatAndHowRun,
    fold: async () => (await import('./what-and-how/fold.ts')).whatAndHowFold,
    simulated: async () => (await import('./what-and-how/plan-simulated.ts')).simulatedWhatAndHow,
  },
  {
    name: 'answer',
    words: { doing: 'Answering a visitor’s prompt', counts: 'tokens' },
    brief: true,
    plan: async () => (await import('./answer/plan.ts')).answerPlan,
    run: async () => (await import('./answer/run.ts')).answerRun,
  },
];

/** Those that the simulator takes. */
export const simulatedKinds = (): Promise<SimulatedKind[]> =>
  Promise.all(KINDS.flatMap((kind) => (kind.brief ? [] : (kind.simulated?.() ?? []))));
