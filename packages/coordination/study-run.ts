import type { BlobRef } from '@pathfold/protocol/blob';
import type { RunSpec } from '@pathfold/protocol/run-spec';
import type { RunFacts, StudyFacts } from './work-plan.ts';

const NOTHING: BlobRef = { sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', bytes: 0 };

/** A run whose work is a study: it has no modules, paths or texts; what it needs it draws from seeds. */
export const studyRun = (id: string, spec: RunSpec, study: StudyFacts): RunFacts => ({
  id,
  spec,
  study,
  modules: {},
  paths: {},
  documents: { train: NOTHING, test: NOTHING, router: NOTHING, domains: NOTHING },
  tokenizer: NOTHING,
  base: null,
  routing: null,
});
