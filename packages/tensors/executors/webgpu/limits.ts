import { DeviceError } from '../executor.ts';
import type { FusedPlan } from './fused-plan.ts';
import type { Layout } from './layout.ts';

type Limits = Pick<GPUSupportedLimits, 'maxBufferSize' | 'maxStorageBufferBindingSize'>;

/** Throws `DeviceError` out_of_memory when a buffer is larger than the device binds, saying what lies in it. */
export const checkLimits = (plan: FusedPlan, { at, buffers, scratch }: Layout, limits: Limits): void => {
  const most = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  const refuse = (what: string, elements: number): never => {
    const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
    const detail = `${what} takes ${megabytes(4 * elements)}, and this GPU takes ${megabytes(most)} at once at most`;
    throw new DeviceError('out_of_memory', detail);
  };
  buffers.forEach((elements, buffer) => {
    if (4 * elements <= most) return;
    const inside = [...at].filter(([, place]) => place.buffer === buffer).map(([value]) => value);
    const held = inside.sort((a, b) => size(plan, b) - size(plan, a))[0]!;
    refuse(named(plan, held), elements);
  });
  if (4 * scratch > most) refuse('the working memory of one call', scratch);
};

const size = (plan: FusedPlan, value: number): number => plan.values[value]!.shape.reduce((a, b) => a * b, 1);

const named = (plan: FusedPlan, value: number): string => {
  const shape = `[${plan.values[value]!.shape}]`;
  const port = [...plan.inputs, ...plan.state].find((each) => each.value === value);
  const maker = plan.calls.find((call) => call.outputs.includes(value));
  return port ? `${port.name} ${shape}` : `the result ${shape} of ${maker?.primitive}`;
};
