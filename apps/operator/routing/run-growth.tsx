import type { PathResource, RunResource } from '@pathfold/protocol/resources';
import { Button } from '@pathfold/ui/controls/button';
import { Confirm } from '@pathfold/ui/controls/dialog';
import { Select } from '@pathfold/ui/controls/field';
import { plural } from '@pathfold/ui/formats';
import { Notice } from '@pathfold/ui/layout/notice';
import { useState } from 'react';
import { Problem } from '../lists/problem.tsx';
import { useGrowth } from './api.ts';
import { inWords, originsOf } from './growth-origins.ts';

/** Adds an expert to a level of a run that trains, as a copy; its paths share the documents of those that they go on from. */
export function RunGrowth({ run, paths }: { readonly run: RunResource; readonly paths: readonly PathResource[] }) {
  const origins = originsOf(run);
  const [at, setAt] = useState(0);
  const [asking, setAsking] = useState(false);
  /** Paths that there were when it was last asked for. */
  const [asked, setAsked] = useState<number | null>(null);
  const order = useGrowth(run.id, {
    onDone: () => setAsked(paths.length),
    onSettled: () => setAsking(false),
  });
  const origin = origins[at] ?? origins[0];
  const isPaused = run.state === 'paused';
  if (!origin || !(isPaused || run.state === 'training') || paths.length < 2) return null;
  const crossing = paths.filter(({ id }) => id.split('-')[origin.level] === `${origin.expert}`).length;
  return (
    <div className="grid max-w-md gap-2">
      <Select
        label="Add an expert, as a copy of"
        hint={`The run grows ${isPaused ? 'when it goes on' : 'while it trains'}: all other paths keep their modules and documents.`}
        value={`${origins.indexOf(origin)}`}
        options={origins.map((one, index) => ({ value: `${index}`, label: inWords(one) }))}
        onChange={(value) => setAt(Number(value))}
      />
      <div>
        <Button size="small" disabled={order.isPending} onClick={() => setAsking(true)}>
          Add an expert
        </Button>
      </div>
      <Problem of={order.error} />
      {asked === paths.length && (
        <Notice title="Asked for">
          The new paths appear when {isPaused ? 'the run has gone on and ' : ''}their documents have been dealt out; if
          there are too few for them, the run says so above.
        </Notice>
      )}
      {asking && (
        <Confirm
          title={`Add an expert to level ${origin.level} of “${run.name}”?`}
          action="Add the expert"
          busy={order.isPending}
          onConfirm={() => order.mutate(origin)}
          onClose={() => setAsking(false)}
        >
          <p>
            It begins as a copy of {inWords(origin)}, momentum included. {plural(crossing, 'new path')} will cross it,
            sharing the documents of the {plural(crossing, 'path')} that {crossing === 1 ? 'crosses' : 'cross'} the
            original.
          </p>
          <p>An expert cannot be taken away again, and rounds from before can no longer be gone back to.</p>
        </Confirm>
      )}
    </div>
  );
}
