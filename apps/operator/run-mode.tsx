import type { RunResource } from '@pathfold/protocol/resources';
import { MODES, type Mode } from '@pathfold/protocol/run-spec';
import { Choice, Select } from '@pathfold/ui/field';
import { Notice } from '@pathfold/ui/notice';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { columnsOf } from './arrivals.ts';
import { stepRules } from './mode-words.ts';
import { client, KEYS, sentenceOf } from './queries.ts';

const HINTS: Record<Mode, string> = {
  sync: 'Rounds: a module steps when all who train it have handed in.',
  async: 'A module steps when somebody has handed in; nobody waits for another.',
  hybrid: 'Some modules step at arrivals, the others in rounds.',
};
const NAMES: Record<Mode, string> = {
  sync: 'in rounds (synchronous)',
  async: 'at arrivals (asynchronous)',
  hybrid: 'some at arrivals (hybrid)',
};

/** How the modules of a run step, changed while it trains. */
export function RunMode({ run }: { readonly run: RunResource }) {
  const cache = useQueryClient();
  const change = useMutation({
    mutationFn: ([mode, arrivals]: readonly [Mode, string[]?]) => client.runs.setMode(run.id, mode, arrivals),
    onSuccess: () => cache.invalidateQueries({ queryKey: KEYS.runs }),
  });
  const { mode, exchange } = run.spec;
  const chosen = change.isPending ? change.variables[1] : undefined;
  const columns = columnsOf(run.spec, run.pathCount).map((column) =>
    chosen ? { ...column, loose: chosen.includes(column.name) } : column,
  );
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
        options={MODES.map((value) => ({ value, label: NAMES[value] }))}
        onChange={(to) => change.mutate([to])}
      />
      {mode === 'hybrid' && (
        <fieldset className="flex flex-wrap gap-x-5 gap-y-1" disabled={change.isPending || settled}>
          <legend className="text-sm">At arrivals step</legend>
          {columns.map(({ name, label, loose }) => (
            <Choice
              key={name}
              label={label}
              checked={loose}
              onChange={(on) =>
                change.mutate([
                  'hybrid',
                  columns.filter((it) => (it.name === name ? on : it.loose)).map((it) => it.name),
                ])
              }
            />
          ))}
        </fieldset>
      )}
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
