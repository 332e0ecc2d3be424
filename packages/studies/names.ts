import type { Study } from './study.ts';

/** Every study by the name that the command takes. */
export const STUDIES: Readonly<Record<string, { readonly about: string; load(): Promise<Study> }>> = {
  diloco: {
    about: 'DiLoCo (arXiv 2311.08105): what the paper says, in twelve statements',
    load: async () => (await import('./diloco/study.ts')).diloco,
  },
  dipaco: {
    about: 'DiPaCo (arXiv 2403.10616): what the paper says, in eleven statements',
    load: async () => (await import('./dipaco/study.ts')).dipaco,
  },
  async: {
    about: 'Asynchronous Local-SGD (arXiv 2401.09135): what the paper says, in ten statements',
    load: async () => (await import('./async/study.ts')).async,
  },
  baldwin: {
    about: 'Meta-learning by the Baldwin effect (arXiv 1806.07917): evolution of learners',
    load: async () => (await import('./baldwin/study.ts')).baldwin,
  },
  'what-and-how': {
    about: 'What & How (arXiv 1906.05201): an endless stream of tasks',
    load: async () => (await import('./what-and-how/study.ts')).whatAndHow,
  },
  warpgrad: {
    about: 'WarpGrad (arXiv 1909.00025): gradient descent through learned layers',
    load: async () => (await import('./warpgrad/study.ts')).warpgrad,
  },
};
