import { ERRORS, type ErrorCode, PathfoldError } from '@pathfold/protocol/errors';

/** Any error as a code of the table. A device's error keeps its code; what has none is the worker's fault. */
export const problemOf = (error: unknown): { code: ErrorCode; detail: string } => {
  if (error instanceof PathfoldError) return { code: error.code, detail: error.detail };
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const detail = String(message ?? error).slice(0, 400);
  if (typeof code === 'string' && code in ERRORS) return { code: code as ErrorCode, detail };
  if (error instanceof RangeError && /alloc|memory|length/i.test(detail)) return { code: 'out_of_memory', detail };
  return { code: 'worker_crashed', detail };
};
