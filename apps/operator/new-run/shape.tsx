import type { RunResource } from '@pathfold/protocol/resources';
import { EMBEDDINGS, ROUTING_KINDS } from '@pathfold/protocol/run-spec';
import { Select, TextField } from '@pathfold/ui/controls/field';
import { canBegin } from '../runs/run-orders.ts';
import type { Draft } from './draft.ts';
import type { Fields } from './group.tsx';
import { FROM_PACKAGED } from './presets.ts';

const ROUTING_NAMES: Record<(typeof ROUTING_KINDS)[number], string> = {
  random: 'at random (a control)',
  kmeans: 'clusters of texts',
  product: 'clusters, level by level',
  discriminative: 'clusters, then by what each path reads best',
};

const EMBEDDING_NAMES: Record<(typeof EMBEDDINGS)[number], string> = {
  shared: 'all paths share them',
  level: 'one for each expert of the first level',
  path: 'one for each path',
};

/** The experts of a new run's paths, their beginning, and the way of texts to them. */
export function NewRunShape({
  draft,
  runs,
  set,
  field,
  choice,
}: {
  readonly draft: Draft;
  readonly runs: readonly RunResource[];
  readonly set: (values: Draft) => void;
} & Fields) {
  const bases = runs.filter(canBegin);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        label="Experts of each level"
        hint="For example 2 x 4; “path” is a level of its own for every path."
        className="figure"
        {...field('levels.experts')}
      />
      <TextField
        label="Blocks of each level"
        hint="For example 1 + 3. Empty: spread evenly."
        className="figure"
        {...field('levels.blocks')}
      />
      <Select
        label="Paths begin"
        options={[
          { value: 'none', label: 'from chance' },
          { value: 'steps', label: 'as copies of a base, trained first' },
          { value: 'run', label: 'as copies of a run that exists' },
          { value: 'packaged', label: 'as copies of the packaged base, in its size' },
        ]}
        {...choice('base.kind')}
        onChange={(kind) => set(kind === 'packaged' ? FROM_PACKAGED : { 'base.kind': kind })}
      />
      {draft['base.kind'] === 'steps' && (
        <TextField
          label="Steps of the base"
          hint="inner steps of one dense path"
          inputMode="numeric"
          className="figure"
          {...field('base.steps')}
        />
      )}
      {draft['base.kind'] === 'run' && (
        <Select
          label="The run to begin from"
          hint="One path, of the same width, blocks, heads, context and vocabulary."
          options={[
            { value: '', label: bases.length === 0 ? 'no run of one path yet' : 'choose' },
            ...bases.map(({ id, name, round }) => ({ value: id, label: `${name} (round ${round})` })),
          ]}
          {...choice('base.run')}
        />
      )}
      <Select
        label="Texts are routed"
        hint="Read only with several paths."
        options={ROUTING_KINDS.map((kind) => ({ value: kind, label: ROUTING_NAMES[kind] }))}
        {...choice('routing.kind')}
      />
      <Select
        label="Embedding and head"
        options={EMBEDDINGS.map((kind) => ({ value: kind, label: EMBEDDING_NAMES[kind] }))}
        {...choice('embedding')}
      />
    </div>
  );
}
