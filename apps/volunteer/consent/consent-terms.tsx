import type { RunResource } from '@pathfold/protocol/resources';
import { formatCompact } from '@pathfold/ui/formats';
import type { ReactNode } from 'react';

function Term({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 gap-y-0.5 py-2 sm:grid-cols-[7.5rem_1fr]">
      <dt className="font-semibold text-sm">{name}</dt>
      <dd className="text-sm">{children}</dd>
    </div>
  );
}

const once = (words: readonly string[]): string => [...new Set(words)].join('; ');

const workOf = ({ name, study, parameterCount }: RunResource): string =>
  study === undefined
    ? `the training of “${name}” (${formatCompact(parameterCount)} parameters)`
    : `the study “${name}”`;

const readers = (runs: readonly RunResource[]): string =>
  runs.some(({ spec }) => spec.visibility === 'private')
    ? 'The operator of a private run decides who may use the model.'
    : 'Anyone may use the models named here.';

/** One run named, the others counted: the button stays in sight however many there are. */
function workInBrief([shown, ...others]: readonly RunResource[]): string {
  if (shown === undefined) return 'Pieces of the training of a small language model, when an operator starts one.';
  if (others.length === 0) return `Pieces of ${workOf(shown)}.`;
  return `Pieces of ${workOf(shown)} and of ${others.length} other ${others.length === 1 ? 'run' : 'runs'}.`;
}

/**
 * The terms in plain words: three facts, and all of it behind one click. `runs`: those that may give work now; the run
 * that is shown is the first.
 */
export function ConsentTerms({ runs, host }: { readonly runs: readonly RunResource[]; readonly host: string }) {
  const models = runs.filter(({ study }) => study === undefined);
  return (
    <>
      <dl className="-mt-2 divide-y divide-line">
        <Term name="It computes">{workInBrief(runs)}</Term>
        <Term name="For whom">The operator of {host}, whose private runs are not named to others.</Term>
        <Term name="It costs you">
          Electricity, warmth and some traffic. You send results, and this device’s speed, memory and processor name:
          nothing from your disk or other tabs. You can stop within a second.
        </Term>
      </dl>
      <details className="border-line border-t py-2 text-sm">
        <summary className="cursor-pointer">All of it: the texts, the licence, what you send</summary>
        <dl className="mt-1 divide-y divide-line">
          {runs.length > 1 && <Term name="All runs">{`Where it is needed most: ${runs.map(workOf).join(', ')}.`}</Term>}
          <Term name="On these texts">
            {models.length === 0
              ? 'The run names them.'
              : `${once(models.map(({ corpus }) => `${corpus.name} (${corpus.licence})`))}.`}
          </Term>
          {models.length > 0 && (
            <Term name="Who may use it">
              {readers(models)} Licence of the weights: {once(models.map(({ spec }) => spec.licence))}.
            </Term>
          )}
          <Term name="You send">
            Results of the work (changes to the model, scores, results of a study), this device’s speed, memory and
            processor name, and answers to prompts if you allow that under “How it computes”.
          </Term>
          <Term name="To stop">Stop ends at once, within a second. A pause comes after the step in hand.</Term>
        </dl>
      </details>
    </>
  );
}
