import type { CoordinatorEvent } from './events.ts';
import { studyRun } from './study-run.ts';

/** An event of the log, whatever version wrote it, in today's form. */
export function upgraded(event: CoordinatorEvent): CoordinatorEvent {
  if (event.type !== 'RunCreated' || !event.run.study) return event;
  // Studies had the texts and the tokenizer of a language model once: empty blobs.
  const { id, spec, study } = event.run;
  return { ...event, run: studyRun(id, spec, study) };
}
