import type { Plan } from './types.ts';

/** The plan without calls whose results nobody reads. */
export const prune = (plan: Plan): Plan => {
  const needed = new Set<number>([...plan.outputs.map((port) => port.value), ...plan.state.map((port) => port.next)]);
  const calls = plan.calls
    .filter(() => true)
    .reverse()
    .filter((call) => {
      if (!call.outputs.some((value) => needed.has(value))) return false;
      for (const value of call.inputs) needed.add(value);
      return true;
    });
  return { ...plan, calls: calls.reverse() };
};
