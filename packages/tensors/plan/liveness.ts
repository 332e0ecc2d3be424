import { type Plan, sizeOf } from './types.ts';

/** When values die, and what a plan holds at its fullest. */
export interface Liveness {
  /** For each call, the values that nobody reads after it (its own unread outputs included). */
  readonly dies: readonly (readonly number[])[];
  /** Bytes of all values alive at once, at most: state and inputs included. */
  readonly peakBytes: number;
}

/** Inputs, and states that have a successor, die after their last use; outputs and kept states live to the end. */
export const liveness = (plan: Plan): Liveness => {
  const kept = new Set<number>([...plan.outputs.map((port) => port.value), ...plan.state.map((port) => port.next)]);
  const lastUse = new Map<number, number>();
  plan.calls.forEach((call, index) => {
    for (const value of [...call.inputs, ...call.outputs]) lastUse.set(value, index);
  });
  const dies: number[][] = plan.calls.map(() => []);
  for (const [value, index] of lastUse) if (!kept.has(value)) dies[index]?.push(value);

  const bytes = (value: number) => 4 * sizeOf(plan.values[value]?.shape ?? []);
  let alive = [...plan.inputs, ...plan.state].reduce((sum, port) => sum + bytes(port.value), 0);
  let peakBytes = alive;
  plan.calls.forEach((call, index) => {
    for (const value of call.outputs) alive += bytes(value);
    peakBytes = Math.max(peakBytes, alive);
    for (const value of dies[index] ?? []) alive -= bytes(value);
  });
  return { dies, peakBytes };
};
