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

/** The terms in plain words. `runs`: those that may give work now; the run that is shown is the first. */
export function ConsentTerms({ runs, host }: { readonly runs: readonly RunResource[]; readonly host: string }) {
  const models = runs.filter(({ study }) => study === undefined);
  return (
    <dl className="-mt-2 divide-y divide-line">
      <Term name="It computes">
        {runs.length === 0
          ? 'Pieces of the training of a small language model, when an operator starts one.'
          : `One piece of work after another, where it is needed most: ${runs.map(workOf).join(', ')}.`}
      </Term>
      <Term name="On these texts">
        {models.length === 0
          ? 'The run names them.'
          : `${once(models.map(({ corpus }) => `${corpus.name} (${corpus.licence})`))}.`}
      </Term>
      <Term name="For whom">
        The operator of {host}, whose private runs are not named to others.
        {models.length > 0 &&
          ` ${readers(models)} Licence of the weights: ${once(models.map(({ spec }) => spec.licence))}.`}
      </Term>
      <Term name="You send">
        Results of the work (changes to the model, scores, results of a study), this device’s speed, memory and
        processor name, and answers to prompts if you allow that below. Nothing from your disk or other tabs.
      </Term>
      <Term name="It costs you">
        Electricity, warmth and some traffic. Stop whenever you like, within a second; a pause comes after the step in
        hand.
      </Term>
    </dl>
  );
}
