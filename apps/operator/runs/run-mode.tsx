import type { RunResource } from '@pathfold/protocol/resources';
import { MODES, type Mode } from '@pathfold/protocol/run-spec';
import { Button } from '@pathfold/ui/controls/button';
import { Choice, Select } from '@pathfold/ui/controls/field';
import { useEffect, useState } from 'react';
import { Problem } from '../lists/problem.tsx';
import { type ModeChange, useModeChange } from './api.ts';
import { columnsOf } from './arrivals.ts';
import { stepRules } from './mode-texts.ts';

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

/** How the modules of a run step: chosen first, then applied, while it trains. */
export function RunMode({ run }: { readonly run: RunResource }) {
  const { spec } = run;
  const known = columnsOf(spec, run.pathCount);
  /** A choice that is not applied yet. */
  const [wanted, setWanted] = useState<ModeChange | null>(null);
  const mode = wanted?.mode ?? spec.mode;
  const columns = known.map((it) => ({ ...it, loose: wanted?.arrivals?.includes(it.name) ?? it.loose }));
  const differs = mode !== spec.mode || columns.some(({ loose }, i) => loose !== known[i]!.loose);
  useEffect(() => {
    if (!differs) setWanted(null);
  }, [differs]);
  const change = useModeChange(run.id);
  const settled = ['finished', 'failed', 'preparing'].includes(run.state) || spec.exchange === 'gradients';
  const idle = settled || !differs || change.isPending;
  const tick = (name: string, on: boolean) =>
    setWanted({ mode, arrivals: columns.filter((it) => (it.name === name ? on : it.loose)).map((it) => it.name) });
  return (
    <div className="grid max-w-prose gap-2">
      <Select
        label="Modules step"
        hint={
          spec.exchange === 'gradients'
            ? 'Rounds: gradients of one version become one step of AdamW.'
            : `${HINTS[mode]} A change keeps all momenta, and work under way counts; rounds begin when it has ended.`
        }
        value={mode}
        disabled={settled}
        options={MODES.map((value) => ({ value, label: NAMES[value] }))}
        onChange={(to) => setWanted({ ...wanted, mode: to })}
      />
      {mode === 'hybrid' && (
        <fieldset className="flex flex-wrap gap-x-5 gap-y-1" disabled={settled}>
          <legend className="text-sm">At arrivals step</legend>
          {columns.map(({ name, label, loose }) => (
            <Choice key={name} label={label} checked={loose} onChange={(on) => tick(name, on)} />
          ))}
        </fieldset>
      )}
      <div>
        <Button size="small" aria-disabled={idle} onClick={() => idle || (wanted && change.mutate(wanted))}>
          Apply
        </Button>
      </div>
      <Problem of={change.error} />
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
