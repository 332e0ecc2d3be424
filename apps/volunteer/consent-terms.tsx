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

const readers = ({ spec }: RunResource): string =>
  spec.visibility === 'private'
    ? 'The run is private: the operator decides who may use the model.'
    : 'Anyone may use the model.';

/** What the person agrees to, in plain words. */
export function ConsentTerms({ run, host }: { run: RunResource | null | undefined; host: string }) {
  return (
    <dl className="-mt-2 divide-y divide-line">
      <Term name="It computes">
        {run
          ? `The training of “${run.name}”, a language model of ${formatCompact(run.parameterCount)} parameters, one piece of work after another.`
          : 'Pieces of the training of a small language model, when an operator starts one.'}
      </Term>
      <Term name="On these texts">{run ? `${run.corpus.name} (${run.corpus.licence}).` : 'The run names them.'}</Term>
      <Term name="For whom">
        The operator of {host}.{run && ` ${readers(run)} Licence of the weights: ${run.spec.licence}.`}
      </Term>
      <Term name="You send">
        Changes to the model, and this device’s speed and processor name. Nothing from your disk or other tabs.
      </Term>
      <Term name="It costs you">
        Electricity, warmth and some traffic. Pause or stop whenever you like, within a second.
      </Term>
    </dl>
  );
}
