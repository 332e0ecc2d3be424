import type { RunFacts } from './work-plan.ts';

/** Whether a path was stopped early: nobody trains it any more. */
export const isStopped = (run: RunFacts, path: string): boolean => run.paths[path]!.kept?.stopped ?? false;

/** The lowest module version of a run; of what is still trained, while anything is. */
export function roundOf(run: RunFacts): number {
  const trained = run.spec.earlyStopping === null ? [] : Object.keys(run.paths).filter((path) => !isStopped(run, path));
  const names = trained.length === 0 ? Object.keys(run.modules) : trained.flatMap((path) => run.paths[path]!.modules);
  return names.reduce((least, name) => Math.min(least, run.modules[name]!.version), Number.POSITIVE_INFINITY);
}

/** Ends the key of a fold that a run may begin again, with other contributions, after it was taken back. */
export const sinceRollback = ({ rollbacks }: RunFacts): string => (rollbacks ? ` after rollback ${rollbacks}` : '');
