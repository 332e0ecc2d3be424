import { sentenceOf } from '@pathfold/client/http';
import type { CorpusResource, RunResource } from '@pathfold/protocol/resources';
import { Button } from '@pathfold/ui/controls/button';
import { Dialog, DialogFooter } from '@pathfold/ui/controls/dialog';
import { Select, TextField } from '@pathfold/ui/controls/field';
import { plural } from '@pathfold/ui/formats';
import { Notice } from '@pathfold/ui/layout/notice';
import { useMemo, useState } from 'react';
import { useCreation, useEstimate } from './api.ts';
import { capacityOf } from './capacity.ts';
import { type Draft, defaultDraft, specOf, stepsOf } from './draft.ts';
import { checkSpec, refusalToErrors } from './errors.ts';
import { EstimatePanel } from './estimate-panel.tsx';
import { NUMBER_GROUPS, pathsOf } from './field-groups.ts';
import { Group, GroupFields } from './group.tsx';
import { type Preset, SHAPES, SIZES } from './presets.ts';
import { NewRunShape } from './shape.tsx';

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
  const create = useCreation(onCreated);

  const spec = useMemo(() => specOf(draft), [draft]);
  const found = useMemo(() => checkSpec(spec), [spec]);
  const valid = Object.keys(found).length === 0;
  const { capacity, errors: capacityErrors } = capacityOf(speed, volunteers);
  const estimate = useEstimate(valid ? spec : null, capacity);
  const estimated = valid && capacity ? estimate.data : undefined;
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
        <NewRunShape draft={draft} runs={runs} set={set} field={field} choice={choice} />

        {NUMBER_GROUPS.map((group, i) => (
          <Group
            key={group.title}
            title={group.title}
            begins={i === 0 ? 'open' : 'closed'}
            wrong={pathsOf(group).some((path) => errors[path])}
          >
            <GroupFields group={group} gradients={sendsGradients} set={set} field={field} choice={choice} />
          </Group>
        ))}

        <div className="grid max-w-md grid-cols-2 gap-4">
          <TextField
            label="Volunteers"
            hint="Empty: as many as have work at once."
            inputMode="numeric"
            className="figure"
            value={volunteers}
            error={capacityErrors.volunteers}
            onChange={(event) => setVolunteers(event.target.value)}
          />
          <TextField
            label="Their speed"
            hint="tokens a second each"
            inputMode="numeric"
            className="figure"
            value={speed}
            error={capacityErrors.speed}
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
