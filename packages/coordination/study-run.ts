import type { RunSpec } from '@pathfold/protocol/run-spec';
import type { ModelRun, RunFacts, StudyFacts, StudyRun } from './work-plan.ts';

/** A run whose work is a study. */
export const studyRun = (id: string, spec: RunSpec, study: StudyFacts): StudyRun => ({
  ...{ id, spec, study, modules: {}, paths: {}, routing: null },
});

/** Whether a run trains a language model: it has texts. */
export const isModelRun = (run: RunFacts): run is ModelRun => 'documents' in run;
