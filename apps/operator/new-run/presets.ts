import type { RunSpec } from '@pathfold/protocol/run-spec';
import type { Draft } from './draft.ts';

/** A start for some fields; the rest stays as typed. */
export interface Preset {
  readonly name: string;
  readonly hint: string;
  readonly values: Draft;
}

/** Sizes of one path. */
export const SIZES: readonly Preset[] = [
  {
    name: 'Small',
    hint: 'rounds of seconds on a laptop',
    values: {
      'model.width': '96',
      'model.blocks': '3',
      'model.heads': '3',
      'model.context': '64',
      'model.vocabulary': '1024',
      'inner.steps': '40',
      'inner.batch': '8',
    },
  },
  {
    name: 'Medium',
    hint: 'the reference model',
    values: {
      'model.width': '128',
      'model.blocks': '4',
      'model.heads': '4',
      'model.context': '128',
      'model.vocabulary': '1024',
      'inner.steps': '50',
      'inner.batch': '8',
    },
  },
  {
    name: 'Large',
    hint: 'for volunteers with a GPU',
    values: {
      'model.width': '384',
      'model.blocks': '8',
      'model.heads': '6',
      'model.context': '256',
      'model.vocabulary': '4096',
      'inner.steps': '100',
      'inner.batch': '16',
    },
  },
];

const shape = (name: string, hint: string, experts: string, embedding: RunSpec['embedding'] = 'shared'): Preset => ({
  name,
  hint,
  values: {
    'levels.experts': experts,
    'levels.blocks': '',
    'base.kind': experts === '1' ? 'none' : 'steps',
    embedding,
  },
});

/** The packaged base, and the size that it has. */
export const FROM_PACKAGED: Draft = {
  'base.kind': 'packaged',
  'model.width': '160',
  'model.blocks': '4',
  'model.heads': '4',
  'model.context': '128',
  'model.vocabulary': '1024',
};

/** How many paths, and what they share. */
export const SHAPES: readonly Preset[] = [
  shape('Dense', 'one path', '1'),
  shape('2 x 2', '4 paths', '2 x 2'),
  {
    name: '2 x 2, packaged base',
    hint: '4 paths that speak at once',
    values: { ...shape('', '', '2 x 2').values, ...FROM_PACKAGED },
  },
  shape('2 x 4', '8 paths', '2 x 4'),
  shape('4 x 4', '16 paths', '4 x 4'),
  shape('8 flat', '8 paths that share nothing', '8', 'path'),
  shape('2 x 2, private middle', '4 paths with a level of their own', '2 x path x 2'),
];
