import type { Plan } from '../../plan/types.ts';
import { primitives } from '../../primitives/list.ts';
import type { FusedPlan, Step } from './fused-plan.ts';
import { turnInAttention } from './turn-in-attention.ts';

/** How often each value is read, what leaves the plan counted as read. */
export const readers = (plan: Plan): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>();
  const read = (value: number) => counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const call of plan.calls) for (const value of call.inputs) read(value);
  for (const port of plan.outputs) read(port.value);
  for (const port of plan.state) read(port.next);
  return counts;
};

/** Moves additions into the calls that make one of their operands, where nothing else reads that operand. */
export const fuse = (plan: Plan): FusedPlan => {
  const reads = readers(plan);
  const steps: (Step | null)[] = plan.calls.map((call) => ({ ...call, hasAddend: false }));
  const madeBy = new Map<number, number>();
  plan.calls.forEach((call, index) => {
    for (const value of call.outputs) madeBy.set(value, index);
    if (call.primitive !== 'add') return;
    const [first, second] = call.inputs.map((value) => ({ value, made: madeBy.get(value) ?? -1 }));
    // The operand made later: the other one is there when it is made.
    const [host, other] = first!.made > second!.made ? [first!, second!] : [second!, first!];
    const step = steps[host.made];
    const taking = step && !step.hasAddend ? primitives.get(step.primitive)!.wgsl.takesAddend : undefined;
    if (!step || taking === undefined || step.outputs[taking] !== host.value) return;
    if (reads.get(host.value) !== 1 || other.made === host.made) return;
    const sum = call.outputs[0]!;
    steps[host.made] = {
      ...step,
      inputs: [...step.inputs, other.value],
      outputs: step.outputs.map((value) => (value === host.value ? sum : value)),
      hasAddend: true,
    };
    steps[index] = null;
    madeBy.set(sum, host.made);
  });
  return constantsFirst(turnInAttention({ ...plan, calls: steps.filter((step) => step !== null) }));
};

/** Calls without dependencies come first, in fresh memory, so that their readers do not wait. */
const constantsFirst = (plan: FusedPlan): FusedPlan => {
  const isConstant = ({ inputs }: Step) => inputs.length === 0;
  return { ...plan, calls: [...plan.calls.filter(isConstant), ...plan.calls.filter((step) => !isConstant(step))] };
};
