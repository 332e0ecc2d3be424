import { studyRun } from '@pathfold/coordination/study-run';
import type { Json, RunFacts, WorkPlan } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import { RunSpec } from '@pathfold/protocol/run-spec';
import type { StudySpec } from '@pathfold/protocol/study-spec';
import type * as z from 'zod/mini';
import { newSecret } from '../security/secrets.ts';
import type { RunEntry } from './registry.ts';

/** A run whose work is a study, for the registry. Throws PathfoldError `bad_run_spec` when nothing here does it. */
export function studyEntry(
  { study, config, ...spec }: StudySpec,
  kinds: readonly WorkPlan<unknown>[],
  now: number,
): RunEntry {
  const kind = kinds.find(({ traits }) => traits?.studies?.includes(study));
  if (!kind) {
    const offered = kinds.flatMap(({ traits }) => traits?.studies ?? []).join(', ');
    throw new PathfoldError('bad_run_spec', `study: there is no study ${JSON.stringify(study)}; there are ${offered}`);
  }
  return {
    id: newSecret(9),
    spec: RunSpec.parse({ ...spec, corpus: 'none' }),
    createdAt: new Date(now).toISOString(),
    corpus: { id: 'none', name: 'none', licence: spec.licence },
    baselines: null,
    study: { name: study, config: configured(kind, config as Json) },
    baseRun: null,
    preparation: 'done',
    reason: null,
  };
}

/** The same as the mind knows it, with a fresh secret for its audits. */
export function studyFacts({ id, spec, study }: RunEntry): RunFacts {
  const { name, config } = study!;
  const auditSeed = Buffer.from(newSecret(9)).readUInt32LE(0);
  return studyRun(id, spec, { name, config: config as Json, auditSeed });
}

/** Throws PathfoldError `bad_run_spec` naming the first field that does not fit. */
function configured(kind: WorkPlan<unknown>, config: Json): Json {
  try {
    return kind.traits?.configure?.(config) ?? config;
  } catch (error) {
    const [issue] = (error as z.core.$ZodError).issues ?? [];
    if (!issue) throw error;
    throw new PathfoldError('bad_run_spec', `config.${issue.path.join('.')}: ${issue.message}`);
  }
}
