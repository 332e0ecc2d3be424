import type { ModuleResource, PathResource } from '@pathfold/protocol/resources';
import { describe, expect, it } from 'vitest';
import { expertOf, freshness, gridOf, layOut } from './grid-shape.ts';

const path = (id: string, ...modules: string[]) => ({ id, modules }) as unknown as PathResource;
const modulesOf = (paths: readonly PathResource[]) =>
  [...new Set(paths.flatMap(({ modules }) => modules))].map((name) => ({ name, version: 1 }) as ModuleResource);

/** `sizes` experts a level, all combined. */
function product(...sizes: number[]): PathResource[] {
  const chosen = sizes.reduce<number[][]>(
    (paths, size) => paths.flatMap((before) => Array.from({ length: size }, (_, expert) => [...before, expert])),
    [[]],
  );
  return chosen.map((experts) =>
    path(experts.join('-'), 'embedding', ...experts.map((expert, level) => `level${level}.${expert}`), 'head'),
  );
}
const gridFor = (paths: readonly PathResource[]) => gridOf(paths, modulesOf(paths));

describe('the grid of a run', () => {
  it('has a column for each place of a path, and each module once', () => {
    const { columns, edges } = gridFor(product(2, 2));
    expect(columns.map(({ title, modules }) => [title, modules.map(({ name }) => name)])).toEqual([
      ['Embedding', ['embedding']],
      ['Level 0', ['level0.0', 'level0.1']],
      ['Level 1', ['level1.0', 'level1.1']],
      ['Head', ['head']],
    ]);
    expect(edges).toHaveLength(2 + 4 + 2);
    expect(edges[0]).toEqual({ from: 'embedding', to: 'level0.0', paths: ['0-0', '0-1'] });
  });

  it('knows levels and ends of their own for each path', () => {
    const { columns } = gridFor([
      path('0-0-0', 'embedding.0', 'level0.0', 'level1.0', 'head.0'),
      path('0-1-1', 'embedding.1', 'level0.0', 'level1.1', 'head.1'),
    ]);
    expect(columns.map(({ modules }) => modules.length)).toEqual([2, 1, 2, 2]);
  });

  it('is empty before there are paths', () => {
    expect(gridOf([], [])).toEqual({ columns: [], edges: [] });
    expect(layOut(gridOf([], []), 300).cells).toEqual([]);
  });
});

describe('its picture', () => {
  it.each([
    ['1x1', product(1)],
    ['2x2', product(2, 2)],
    ['4x4', product(4, 4)],
    ['16x16', product(16, 16)],
    ['8 flat', product(8)],
    ['eight levels', product(2, 2, 2, 2, 2, 2, 2, 2)],
    ['256 flat', product(256)],
  ])('of %s holds every cell, and no two overlap', (_name, paths) => {
    for (const width of [320, 1200]) {
      const grid = gridFor(paths);
      const layout = layOut(grid, width);
      expect(layout.cells).toHaveLength(modulesOf(paths).length);
      expect(layout.lines).toHaveLength(grid.edges.length);
      for (const [index, cell] of layout.cells.entries()) {
        expect(cell.height).toBeGreaterThanOrEqual(4);
        expect(cell.x).toBeGreaterThanOrEqual(0);
        expect(cell.x + cell.width).toBeLessThanOrEqual(layout.width);
        expect(cell.y + cell.height).toBeLessThanOrEqual(layout.height);
        const next = layout.cells[index + 1];
        if (next && next.x === cell.x) expect(next.y).toBeGreaterThan(cell.y + cell.height);
      }
    }
  });

  it('fits a phone when the levels are few', () => {
    expect(layOut(gridFor(product(4, 4)), 340).width).toBeLessThanOrEqual(340);
  });

  it('fades with age, and says so for none', () => {
    expect([freshness(0), freshness(3_600_000), freshness(null)]).toEqual([1, 0, 0]);
    expect(freshness(60_000)).toBeGreaterThan(freshness(600_000));
  });

  it('names experts by their number', () => {
    expect(['level3.12', 'embedding', 'head.2'].map(expertOf)).toEqual(['expert 12', null, 'no. 2']);
  });
});
