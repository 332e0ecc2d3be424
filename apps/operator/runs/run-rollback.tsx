import type { HistoryPoint, RunResource } from '@pathfold/protocol/resources';
import { Button } from '@pathfold/ui/controls/button';
import { Confirm } from '@pathfold/ui/controls/dialog';
import { Select } from '@pathfold/ui/controls/field';
import { useState } from 'react';
import { Problem } from '../lists/problem.tsx';
import { useRollback } from './api.ts';
import { roundInWords } from './round-texts.ts';

/** Takes a run that rests back to one of the rounds that are kept of it. The newest is where it is now. */
export function RunRollback({ run, points }: { readonly run: RunResource; readonly points: readonly HistoryPoint[] }) {
  const rounds = run.keptRounds.slice(0, -1).reverse();
  const [chosen, setChosen] = useState<number | null>(null);
  const [asking, setAsking] = useState(false);
  const round = chosen !== null && rounds.includes(chosen) ? chosen : rounds[0];
  const order = useRollback(run.id, () => setAsking(false));
  if (round === undefined || (run.state !== 'paused' && run.state !== 'finished')) return null;
  return (
    <div className="grid max-w-md gap-2">
      <Select
        label="Take the run back to"
        hint="For a run that went wrong: it gets the model back that it had then. Rounds are kept more sparsely the older they are."
        value={`${round}`}
        options={rounds.map((kept) => ({ value: `${kept}`, label: roundInWords(kept, points) }))}
        onChange={(value) => setChosen(Number(value))}
      />
      <div>
        <Button size="small" disabled={order.isPending} onClick={() => setAsking(true)}>
          Take it back
        </Button>
      </div>
      <Problem of={order.error} />
      {asking && (
        <Confirm
          title={`Take “${run.name}” back to round ${round}?`}
          action={`Take it back to round ${round}`}
          busy={order.isPending}
          onConfirm={() => order.mutate(round)}
          onClose={() => setAsking(false)}
        >
          <p>
            All that was trained after round {round} is lost: the newer versions of its modules, their points in the
            charts and the scores of them. This cannot be taken back.
          </p>
          <p>
            Volunteers keep their credit. Documents, experts and settings stay as they are now. The run waits, paused,
            until you resume it.
          </p>
        </Confirm>
      )}
    </div>
  );
}
