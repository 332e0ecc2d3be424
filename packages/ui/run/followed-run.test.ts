import type { RunResource } from '@pathfold/protocol/resources';
import { describe, expect, it } from 'vitest';
import { likelyRun } from './followed-run.tsx';

describe('the run to show', () => {
  const run = (id: string, state: RunResource['state']) => ({ id, state }) as RunResource;

  it('is the first in training, else one that may go on, else any', () => {
    expect(likelyRun([run('a', 'finished'), run('b', 'paused'), run('c', 'training')])?.id).toBe('c');
    expect(likelyRun([run('a', 'finished'), run('b', 'paused')])?.id).toBe('b');
    expect(likelyRun([run('a', 'finished')])?.id).toBe('a');
    expect(likelyRun([])).toBeNull();
  });
});
