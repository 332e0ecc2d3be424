import { nodeWorkers } from '@pathfold/tensors/executors/wasm/node-workers';
import { type Arm, type ArmSpec, openArm } from './arms.ts';

/** Where arms are measured. */
export interface Place {
  readonly name: string;
  open(spec: ArmSpec): Promise<Arm>;
  close(): Promise<void>;
}

export const thisProcess: Place = {
  name: 'Node',
  open: (spec) => openArm(spec, nodeWorkers()),
  close: async () => {},
};
