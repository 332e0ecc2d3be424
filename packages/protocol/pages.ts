/**
 * The pages: `folder` below `apps`, the address that a page answers to, its name among the pages, and what browsers are told of
 * it. A page with `parts` answers to `ADDRESS/NAME` as well.
 */
export const PAGES = [
  {
    folder: 'volunteer',
    address: '/',
    name: 'Lend',
    title: 'Pathfold: lend your GPU',
    description: 'Lend a GPU or CPU to train a small language model together.',
  },
  {
    folder: 'operator',
    address: '/operator',
    name: 'Operate',
    title: 'Pathfold: operate',
    description: 'Create, watch and steer runs.',
  },
  {
    folder: 'prompt',
    address: '/prompt',
    name: 'Ask',
    title: 'Pathfold: ask',
    description: 'Ask a model that volunteers trained.',
  },
  {
    folder: 'studies',
    address: '/studies',
    name: 'Studies',
    parts: true,
    title: 'Pathfold: studies',
    description: 'Papers, run again: what they ask, what came out, live.',
  },
  {
    folder: 'about',
    address: '/about',
    name: 'Learn',
    title: 'Pathfold: how it works',
    description: 'How many computers train one model of many paths, with the model that they train now.',
  },
] as const;

/** The page that answers to a path, if one does. */
export const pageAt = (path: string): (typeof PAGES)[number] | undefined =>
  PAGES.find(
    (page) => page.address === path || ('parts' in page && new RegExp(`^${page.address}/[a-z0-9-]+$`).test(path)),
  );
