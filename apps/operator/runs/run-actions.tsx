import type { RunResource } from '@pathfold/protocol/resources';
import { Button } from '@pathfold/ui/controls/button';
import { Confirm } from '@pathfold/ui/controls/dialog';
import { Notice } from '@pathfold/ui/layout/notice';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, KEYS, sentenceOf } from '../queries.ts';
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
  const cache = useQueryClient();
  const isStudy = run.study !== undefined;
  const [asking, setAsking] = useState<'stop' | 'remove' | null>(null);
  const order = useMutation({
    mutationFn: async (verb: Verb): Promise<void> => void (await client.runs[verb](run.id)),
    onSuccess(_answer, verb) {
      setAsking(null);
      void cache.invalidateQueries({ queryKey: KEYS.runs });
      if (verb === 'remove') onRemoved();
    },
    onError: () => setAsking(null),
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
          <Notice tone="error" title={sentenceOf(order.error)} />
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
