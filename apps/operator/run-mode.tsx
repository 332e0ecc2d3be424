import type { RunResource } from '@pathfold/protocol/resources';
import type { Mode } from '@pathfold/protocol/run-spec';
import { Select } from '@pathfold/ui/field';
import { Notice } from '@pathfold/ui/notice';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { stepRules } from './mode-words.ts';
import { client, KEYS, sentenceOf } from './queries.ts';

const HINTS: Record<Mode, string> = {
  sync: 'Rounds: a module steps when all who train it have handed in.',
  async: 'A module steps when somebody has handed in; nobody waits for another.',
  hybrid: 'Modules that several paths share step at arrivals; those of one path in rounds.',
};

/** How the modules of a run step, changed while it trains. */
export function RunMode({ run }: { readonly run: RunResource }) {
  const cache = useQueryClient();
  const change = useMutation({
    mutationFn: (mode: Mode) => client.runs.setMode(run.id, mode),
    onSuccess: () => cache.invalidateQueries({ queryKey: KEYS.runs }),
  });
  const { mode, exchange } = run.spec;
  const settled = ['finished', 'failed', 'preparing'].includes(run.state) || exchange === 'gradients';
  return (
    <div className="grid max-w-prose gap-2">
      <Select
        label="Modules step"
        hint={
          exchange === 'gradients'
            ? 'Rounds: gradients of one version become one step of AdamW.'
            : `${HINTS[mode]} A change keeps all momenta, and work under way counts; rounds begin when it has ended.`
        }
        value={mode}
        disabled={change.isPending || settled}
        options={[
          { value: 'sync', label: 'in rounds (synchronous)' },
          { value: 'async', label: 'at arrivals (asynchronous)' },
          { value: 'hybrid', label: 'shared ones at arrivals (hybrid)' },
        ]}
        onChange={(to) => change.mutate(to)}
      />
      {change.error && <Notice tone="error" title={sentenceOf(change.error)} />}
      <details className="text-sm">
        <summary className="cursor-pointer">How this run steps</summary>
        <dl className="mt-2 grid gap-2 border-line border-l-2 pl-3">
          {stepRules(run.spec, run.pathCount).map(({ name, says }) => (
            <div key={name}>
              <dt className="font-semibold">{name}</dt>
              <dd className="text-soft">{says}</dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}
