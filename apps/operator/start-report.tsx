import type { CorpusResource, RunResource, VolunteerResource } from '@pathfold/protocol/resources';
import { formatLoss, plural } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';

/** Names that `npm start` gives to what it begins. */
const STARTER = 'starter';
const THIS_MACHINE = 'this machine';

function Step({ done, children }: { done: boolean; children: React.ReactNode }) {
  return (
    <li className="grid grid-cols-[auto_1fr] gap-x-3 text-sm">
      <span aria-hidden className={`mt-1.5 size-2.5 rounded-full border border-edge ${done ? 'bg-signal' : ''}`} />
      <span>{children}</span>
    </li>
  );
}

/** The things that `npm start` did by itself; nothing where it was told to do nothing. */
export function StartReport({
  runs,
  volunteers,
  corpora,
}: {
  readonly runs: readonly RunResource[];
  readonly volunteers: readonly VolunteerResource[];
  readonly corpora: readonly CorpusResource[];
}) {
  const corpus = corpora.find(({ id }) => id === STARTER);
  const run = runs.find((candidate) => candidate.name === STARTER && candidate.corpus.id === STARTER);
  const machine = volunteers.find(({ agent, name }) => agent === 'node' && name === THIS_MACHINE);
  if (!corpus && !run && !machine) return null;
  return (
    <Card title="What npm start did">
      <ul className="grid gap-2">
        {corpus && (
          <Step done={corpus.state === 'ready'}>
            It packed the starter corpus: {plural(corpus.documentCount, 'document')} of{' '}
            {plural(corpus.domains.length, 'domain')}, {corpus.state}.
          </Step>
        )}
        {run && (
          <Step done={run.round > 0}>
            It began the starter run: {run.state}, round {run.round},{' '}
            {run.validBitsPerByte === null ? 'not scored yet' : `${formatLoss(run.validBitsPerByte)} bits per byte`}.
          </Step>
        )}
        {machine && (
          <Step done={machine.state === 'working'}>
            It lends this machine as a volunteer: {machine.state},{' '}
            {plural(machine.acceptedCount, 'accepted contribution')}.
          </Step>
        )}
      </ul>
    </Card>
  );
}
