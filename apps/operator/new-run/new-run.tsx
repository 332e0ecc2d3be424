import type { CorpusResource, RunResource } from '@pathfold/protocol/resources';
import { EXCHANGES, MODES, OUTER_AVERAGES, OUTER_KINDS } from '@pathfold/protocol/run-spec';
import { Button } from '@pathfold/ui/controls/button';
import { Dialog, DialogFooter } from '@pathfold/ui/controls/dialog';
import { Select, TextField } from '@pathfold/ui/controls/field';
import { plural } from '@pathfold/ui/formats';
import { Notice } from '@pathfold/ui/layout/notice';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { client, KEYS, sentenceOf } from '../queries.ts';
import { useEstimate } from './api.ts';
import { crewOf } from './crew-form.ts';
import { EstimatePanel } from './estimate-panel.tsx';
import { NewRunShape } from './new-run-shape.tsx';
import { checkSpec, refusalToErrors } from './spec-errors.ts';
import { type Draft, defaultDraft, NUMBER_GROUPS, pathsOf, specOf } from './spec-form.ts';
import { type Preset, SHAPES, SIZES } from './spec-presets.ts';

const MODE_NAMES = {
  sync: 'at the end of a round',
  async: 'at arrivals',
  hybrid: 'those that paths share at arrivals',
} as const;

const DEFAULTS = defaultDraft('');
/** A step of gradients is a round of its own, and scoring reads as much text as many of them. */
const stepsOf = (exchange: string): Draft =>
  exchange === 'gradients'
    ? { 'inner.steps': '1', evaluateEvery: '250' }
    : { 'inner.steps': DEFAULTS['inner.steps']!, evaluateEvery: DEFAULTS['evaluateEvery']! };

const EXCHANGE_NAMES = {
  deltas: 'outer gradients (DiLoCo)',
  gradients: 'gradients (fully synchronous)',
} as const;

const AVERAGE_NAMES = { mean: 'mean', sqrt: 'times √paths', radial: 'radial' } as const;

function Presets({
  legend,
  presets,
  onChoose,
}: {
  readonly legend: string;
  readonly presets: readonly Preset[];
  readonly onChoose: (values: Draft) => void;
}) {
  return (
    <fieldset className="grid gap-2">
      <legend className="font-semibold text-sm">{legend}</legend>
      <div className="flex flex-wrap gap-2">
        {presets.map(({ name, hint, values }) => (
          <Button key={name} size="small" onClick={() => onChoose(values)}>
            {name}
            <span className="font-normal text-soft text-xs">{hint}</span>
          </Button>
        ))}
      </div>
    </fieldset>
  );
}

/** A part of the form. What is wrong in it opens it; only the person closes it. */
function Group({
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

/** The form of a new run: every field has a default; what is wrong is said at its field. */
export function NewRun({
  corpora,
  runs,
  onCreated,
  onClose,
}: {
  readonly corpora: readonly CorpusResource[];
  /** To begin from. */
  readonly runs: readonly RunResource[];
  readonly onCreated: (run: RunResource) => void;
  readonly onClose: () => void;
}) {
  const usable = corpora.filter((corpus) => corpus.state !== 'failed');
  const [draft, setDraft] = useState<Draft>(() => defaultDraft(usable[0]?.id ?? ''));
  const [speed, setSpeed] = useState('2000');
  const [volunteers, setVolunteers] = useState('');
  const cache = useQueryClient();
  const create = useMutation({
    mutationFn: client.runs.create,
    async onSuccess(run) {
      // Shown once it is in the list.
      await cache.invalidateQueries({ queryKey: KEYS.runs });
      onCreated(run);
    },
  });

  const spec = useMemo(() => specOf(draft), [draft]);
  const found = useMemo(() => checkSpec(spec), [spec]);
  const valid = Object.keys(found).length === 0;
  const { crew, errors: crewErrors } = crewOf(speed, volunteers);
  const estimate = useEstimate(valid ? spec : null, crew);
  const estimated = valid && crew ? estimate.data : undefined;
  const paths = useMemo(() => new Set(Object.keys(draft)), [draft]);
  const refused = refusalToErrors(create.error ?? estimate.error, spec, paths);
  const errors = { ...refused, ...found };
  const general = errors[''] ?? (create.error && Object.keys(refused).length === 0 ? sentenceOf(create.error) : null);

  const sendsGradients = draft['exchange'] === 'gradients';
  const set = (values: Draft) => {
    create.reset();
    setDraft((known) => ({ ...known, ...values }));
  };
  const field = (path: string) => ({
    value: draft[path] ?? '',
    error: errors[path],
    onChange: (event: { target: { value: string } }) => set({ [path]: event.target.value }),
  });
  const choice = (path: string) => ({
    value: draft[path] ?? '',
    error: errors[path],
    onChange: (value: string) => set({ [path]: value }),
  });

  return (
    <Dialog title="New run" onClose={onClose}>
      <form
        className="grid gap-6"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (valid) create.mutate(spec);
        }}
      >
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField label="Name" autoFocus maxLength={80} {...field('name')} />
          <Select
            label="Corpus"
            options={usable.map((corpus) => ({ value: corpus.id, label: corpus.name }))}
            hint={usable.length === 0 ? 'Upload a corpus first.' : undefined}
            {...choice('corpus')}
          />
          <Select
            label="Who may read the model"
            options={[
              { value: 'public', label: 'Everyone' },
              { value: 'private', label: 'The operator' },
            ]}
            {...choice('visibility')}
          />
          <TextField label="Licence of the weights" hint="Volunteers are told." maxLength={80} {...field('licence')} />
        </div>

        <Presets
          legend="Size of a path"
          presets={SIZES}
          onChoose={(size) => set(sendsGradients ? { ...size, ...stepsOf('gradients') } : size)}
        />
        <Presets legend="Paths" presets={SHAPES} onChoose={set} />
        <NewRunShape draft={draft} runs={runs} field={field} choice={choice} />

        {NUMBER_GROUPS.map((group, i) => (
          <Group
            key={group.title}
            title={group.title}
            begins={i === 0 ? 'open' : 'closed'}
            wrong={pathsOf(group).some((path) => errors[path])}
          >
            {group.title.startsWith('Outer') && (
              <>
                <Select
                  label="Volunteers send"
                  hint={sendsGradients ? 'AdamW steps here, as set under inner steps.' : undefined}
                  options={EXCHANGES.map((kind) => ({ value: kind, label: EXCHANGE_NAMES[kind] }))}
                  {...choice('exchange')}
                  onChange={(exchange) => set({ exchange, ...stepsOf(exchange) })}
                />
                {!sendsGradients && (
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
              </>
            )}
            {group.title.startsWith('Arrivals') && (
              <Select
                label="Modules step"
                options={MODES.map((mode) => ({ value: mode, label: MODE_NAMES[mode] }))}
                {...choice('mode')}
              />
            )}
            {(sendsGradients && group.title.startsWith('Outer') ? [] : group.fields).map(({ path, label, hint }) => (
              <TextField key={path} label={label} hint={hint} inputMode="decimal" className="figure" {...field(path)} />
            ))}
          </Group>
        ))}

        <div className="grid max-w-md grid-cols-2 gap-4">
          <TextField
            label="Volunteers"
            hint="Empty: as many as have work at once."
            inputMode="numeric"
            className="figure"
            value={volunteers}
            error={crewErrors.volunteers}
            onChange={(event) => setVolunteers(event.target.value)}
          />
          <TextField
            label="Their speed"
            hint="tokens a second each"
            inputMode="numeric"
            className="figure"
            value={speed}
            error={crewErrors.speed}
            onChange={(event) => setSpeed(event.target.value)}
          />
        </div>
        <div className="sm:hidden">
          <EstimatePanel estimate={estimated} />
        </div>
        <DialogFooter>
          <div className="hidden sm:block">
            <EstimatePanel estimate={estimated} />
          </div>
          {general && <Notice tone="error" title={general} />}
          <div className="flex flex-wrap items-center justify-end gap-3">
            {!valid && (
              <p className="mr-auto text-red text-sm">{plural(Object.keys(found).length, 'value')} to correct</p>
            )}
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" tone="primary" disabled={!valid || create.isPending}>
              {create.isPending ? 'Creating …' : 'Create run'}
            </Button>
          </div>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
