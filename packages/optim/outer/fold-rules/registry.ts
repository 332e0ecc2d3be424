import { centeredClipping } from './centered-clipping.ts';
import { median, trimmedMean } from './coordinate-wise.ts';
import { geometricMedian } from './geometric-median.ts';
import type { FoldRule } from './rule.ts';

/** Every robust rule by the name that a run's spec uses (`fold.rule`). */
export const FOLD_RULES = {
  'centered-clipping': centeredClipping,
  median,
  'trimmed-mean': trimmedMean,
  'geometric-median': geometricMedian,
} satisfies Record<string, FoldRule>;
