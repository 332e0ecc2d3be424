import type { RunResource } from '@pathfold/protocol/resources';
import { Button } from '@pathfold/ui/controls/button';
import { Confirm } from '@pathfold/ui/controls/dialog';
import { useState } from 'react';
import { Problem } from '../lists/problem.tsx';
import { useVerb } from './api.ts';
import { ordersOf, type Verb } from './run-orders.ts';

const NAMES: Record<Verb, string> = {
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Stop',
  evaluate: 'Score now',
  remove: 'Delete',
};

/** The orders of a run. What cannot be taken back asks first. */
export function RunActions({ run, onRemoved }: { run: RunResource; onRemoved: () => void }) {
  const isStudy = run.study !== undefined;
  const [asking, setAsking] = useState<'stop' | 'remove' | null>(null);
  const order = useVerb(run.id, {
    onDone: (verb) => verb === 'remove' && onRemoved(),
    onSettled: () => setAsking(null),
  });
  const begin = (verb: Verb) => (verb === 'stop' || verb === 'remove' ? setAsking(verb) : order.mutate(verb));
  return (
    <>
      <div className="flex flex-wrap gap-2">
        {ordersOf(run).map((verb) => (
          <Button
            key={verb}
            size="small"
            tone={verb === 'remove' ? 'danger' : verb === 'resume' ? 'primary' : 'plain'}
            disabled={order.isPending}
            onClick={() => begin(verb)}
          >
            {NAMES[verb]}
          </Button>
        ))}
      </div>
      {order.error && (
        <div className="mt-3">
          <Problem of={order.error} />
        </div>
      )}
      {asking === 'stop' && (
        <Confirm
          title={`Stop “${run.name}”?`}
          action="Stop this run"
          busy={order.isPending}
          onConfirm={() => order.mutate('stop')}
          onClose={() => setAsking(null)}
        >
          {isStudy ? (
            <p>The study is then finished: it keeps its figures and takes no more work. It cannot be resumed.</p>
          ) : (
            <p>
              The run is then finished: it keeps its model, and only its last scores may still be computed. It trains
              again only if you take it back to an earlier round.
            </p>
          )}
        </Confirm>
      )}
      {asking === 'remove' && (
        <Confirm
          title={`Delete “${run.name}”?`}
          action="Delete this run"
          busy={order.isPending}
          onConfirm={() => order.mutate('remove')}
          onClose={() => setAsking(null)}
        >
          <p>
            {isStudy ? 'Its figures' : 'Its model, its history'} and its contributions are deleted. This cannot be taken
            back.
          </p>
        </Confirm>
      )}
    </>
  );
}
