import type { Study } from './study.ts';

/** Every study by the name that the command takes. */
export const STUDIES: Readonly<Record<string, { readonly about: string; load(): Promise<Study> }>> = {
  diloco: {
    about: 'DiLoCo (arXiv 2311.08105): the twelve statements of the fact sheet, section 1.4',
    load: async () => (await import('./diloco/study.ts')).diloco,
  },
  baldwin: {
    about: 'Meta-learning by the Baldwin effect (arXiv 1806.07917): the statements of the fact sheet, section 6',
    load: async () => (await import('./baldwin/study.ts')).baldwin,
  },
};
