import type { Study } from './study.ts';

/** Every study by the name that the command takes. */
export const STUDIES: Readonly<Record<string, { readonly about: string; load(): Promise<Study> }>> = {
  diloco: {
    about: 'DiLoCo (arXiv 2311.08105): the twelve statements of the fact sheet, section 1.4',
    load: async () => (await import('./diloco/study.ts')).diloco,
  },
  dipaco: {
    about: 'DiPaCo (arXiv 2403.10616): the eleven statements of the fact sheet, section 2.7',
    load: async () => (await import('./dipaco/study.ts')).dipaco,
  },
  async: {
    about: 'Asynchronous Local-SGD (arXiv 2401.09135): the ten statements of the fact sheet, section 3.7',
    load: async () => (await import('./async/study.ts')).async,
  },
  baldwin: {
    about: 'Meta-learning by the Baldwin effect (arXiv 1806.07917): the statements of the fact sheet, section 6',
    load: async () => (await import('./baldwin/study.ts')).baldwin,
  },
  'what-and-how': {
    about: 'What & How (arXiv 1906.05201): the statements of the fact sheet, section 4',
    load: async () => (await import('./what-and-how/study.ts')).whatAndHow,
  },
};
