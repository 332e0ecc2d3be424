import type { Arm, ArmSpec, Timed } from './arms.ts';
import type { GpuCounts } from './gpu-counts.ts';
import type { Place } from './place.ts';

export interface Named {
  readonly name: string;
  readonly place: Place;
  readonly spec: ArmSpec;
}

export interface Medians {
  readonly spec: ArmSpec;
  /** Duration of a step. */
  readonly milliseconds: number;
  readonly peakBytes: number;
  readonly gpu: GpuCounts | null;
}

const REPETITIONS = 5;
/** A repetition takes as many steps as fit this, at least one. */
const REPETITION_MS = 300;
/** An arm that is slower than this is warm after its first step. */
const SLOW_MS = 2000;

/** Medians of five of each arm by name, the arms taking turns so that they share the machine's moods. */
export const takeTurns = async (entries: readonly Named[]): Promise<Map<string, Medians>> => {
  const arms: { name: string; spec: ArmSpec; arm: Arm; count: number; times: Timed[] }[] = [];
  for (const { name, place, spec } of entries) {
    const started = performance.now();
    const arm = await place.open(spec);
    const slow = performance.now() - started > SLOW_MS;
    const count = slow ? 1 : Math.ceil(REPETITION_MS / (await arm.steps(1)).milliseconds);
    arms.push({ name, spec, arm, count, times: [] });
  }
  for (let i = 0; i < REPETITIONS; i++) for (const { arm, count, times } of arms) times.push(await arm.steps(count));
  const medians = arms.map(({ name, spec, arm, times }): [string, Medians] => {
    const milliseconds = median(times.map((each) => each.milliseconds));
    const gpus = times.flatMap(({ gpu }) => gpu ?? []);
    const gpu = gpus[0] && {
      ...gpus[0],
      javascriptMilliseconds: median(gpus.map((each) => each.javascriptMilliseconds)),
    };
    return [name, { spec, milliseconds, peakBytes: arm.peakBytes, gpu: gpu ?? null }];
  });
  for (const { arm } of arms) await arm.dispose();
  return new Map(medians);
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
