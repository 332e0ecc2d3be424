import { EXCHANGES, FOLD_RULES, MODES, OUTER_AVERAGES, OUTER_KINDS } from '@pathfold/protocol/run-spec';
import { Select, TextField } from '@pathfold/ui/controls/field';
import { type ReactNode, useEffect, useState } from 'react';
import { type Draft, stepsOf } from './draft.ts';
import type { FieldGroup } from './field-groups.ts';

const MODE_NAMES = {
  sync: 'at the end of a round',
  async: 'at arrivals',
  hybrid: 'those that paths share at arrivals',
} as const;

const EXCHANGE_NAMES = {
  deltas: 'outer gradients (DiLoCo)',
  gradients: 'gradients (fully synchronous)',
} as const;

const AVERAGE_NAMES = { mean: 'mean', sqrt: 'times √paths', radial: 'radial' } as const;

const FOLD_NAMES = {
  mean: 'mean: among friends',
  'centered-clipping': 'clipped around the momentum',
  median: 'median of each value',
  'trimmed-mean': 'mean without the extremes',
  'geometric-median': 'geometric median',
} as const;

interface Wiring<Change> {
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (change: Change) => void;
}

/** Wires the field of a path of the run spec: one that is typed, or one that is chosen from a list. */
export interface Fields {
  readonly field: (path: string) => Wiring<{ target: { value: string } }>;
  readonly choice: (path: string) => Wiring<string>;
}

/** A part of the form. What is wrong in it opens it; only the person closes it. */
export function Group({
  title,
  begins,
  wrong,
  children,
}: {
  readonly title: string;
  readonly begins: 'open' | 'closed';
  readonly wrong: boolean;
  readonly children: ReactNode;
}) {
  const [open, setOpen] = useState(begins === 'open');
  useEffect(() => {
    if (wrong) setOpen(true);
  }, [wrong]);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className="border-line border-t pt-3">
      <summary className="font-semibold text-base">{title}</summary>
      <div className="mt-3 grid grid-cols-2 gap-4 sm:grid-cols-3">{children}</div>
    </details>
  );
}

/** The content of contributions, and the coordinator's step with it. */
function OuterChoices({
  choice,
  set,
  gradients,
}: Pick<Fields, 'choice'> & { readonly gradients: boolean; set(values: Draft): void }) {
  return (
    <>
      <Select
        label="Volunteers send"
        hint={gradients ? 'AdamW steps here, as set under inner steps.' : undefined}
        options={EXCHANGES.map((kind) => ({ value: kind, label: EXCHANGE_NAMES[kind] }))}
        {...choice('exchange')}
        onChange={(exchange) => set({ exchange, ...stepsOf(exchange) })}
      />
      {!gradients && (
        <>
          <Select
            label="Optimizer"
            options={OUTER_KINDS.map((kind) => ({ value: kind, label: kind }))}
            {...choice('outer.kind')}
          />
          <Select
            label="Average of outer gradients"
            options={OUTER_AVERAGES.map((kind) => ({ value: kind, label: AVERAGE_NAMES[kind] }))}
            {...choice('outer.average')}
          />
        </>
      )}
      <Select
        label="Against hostile work"
        hint="All but the mean count each contribution once, and bound what a few that lie can do."
        options={FOLD_RULES.map((rule) => ({ value: rule, label: FOLD_NAMES[rule] }))}
        {...choice('fold.rule')}
      />
    </>
  );
}

/** The fields of a group: what is chosen from lists, then its numbers. */
export function GroupFields({
  group: { id, fields },
  gradients,
  set,
  field,
  choice,
}: Fields & {
  readonly group: FieldGroup;
  /** Volunteers send gradients: nothing is set of an outer optimizer. */
  readonly gradients: boolean;
  set(values: Draft): void;
}) {
  return (
    <>
      {id === 'outer' && <OuterChoices choice={choice} set={set} gradients={gradients} />}
      {id === 'arrivals' && (
        <Select
          label="Modules step"
          options={MODES.map((mode) => ({ value: mode, label: MODE_NAMES[mode] }))}
          {...choice('mode')}
        />
      )}
      {(id === 'outer' && gradients ? [] : fields).map(({ path, label, hint }) => (
        <TextField key={path} label={label} hint={hint} inputMode="decimal" className="figure" {...field(path)} />
      ))}
    </>
  );
}
