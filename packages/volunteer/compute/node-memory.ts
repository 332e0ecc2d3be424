import { totalmem } from 'node:os';

/** Bytes of memory that this process may have: the machine's, or fewer where a container sets a limit. */
export const nodeMemory = (machine = totalmem(), limit = process.constrainedMemory()): number =>
  Math.min(machine, limit || Number.POSITIVE_INFINITY);
