import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { studyRun } from '@pathfold/coordination/study-run';
import type { Json } from '@pathfold/coordination/work-plan';
import { RunSpec } from '@pathfold/protocol/run-spec';
import type { Executor } from '@pathfold/tensors/executors/executor';
import type { LaboratoryKind } from './kind.ts';
import { Laboratory } from './laboratory.ts';

/** Volunteers that share the work; how many decides nothing but the order of things. */
const VOLUNTEERS = 4;
const EXAMPLES_A_SECOND = 1_000_000;
/** Kinds that compute exactly bring their own arithmetic. */
const NO_EXECUTOR = null as unknown as Executor;

export interface StudyRunOptions<S> {
  readonly kind: LaboratoryKind;
  readonly name: string;
  readonly config: Json;
  readonly seed: number;
  /** Told of each event, with the kind's state then. */
  readonly onEvent?: (event: CoordinatorEvent, state: S) => void;
}

/** Plays a run of one kind to its end on a few honest volunteers; answers the kind's last state and what it may read. Throws why, when the run pauses. */
export async function playStudy<S>({ kind, name, config, seed, onEvent }: StudyRunOptions<S>) {
  const spec = RunSpec.parse({ name, corpus: 'none', seed });
  const facts = studyRun('r', spec, { name, config, auditSeed: seed });
  const stateOf = (): S => lab.state.runs['r']!.works[kind.plan.name] as S;
  const lab: Laboratory = new Laboratory({
    kinds: [kind],
    executor: NO_EXECUTOR,
    onEvent: (event) => onEvent?.(event, stateOf()),
  });
  lab.create(facts);
  for (let i = 0; i < VOLUNTEERS; i++) lab.join({ id: `v${i}`, tokensPerSecond: EXAMPLES_A_SECOND });
  await lab.play(() => lab.state.runs['r']!.state !== 'training');
  const { state, reason } = lab.state.runs['r']!;
  if (state !== 'finished') throw new Error(reason ?? `the run is ${state} before its end`);
  return { state: stateOf(), facts, blobs: lab.blobs };
}
