import type { ModuleResource, PathResource } from '@pathfold/protocol/resources';

/** Modules that stand at one place of a path: the embeddings, the experts of a level, the heads. */
export interface GridColumn {
  readonly title: string;
  readonly modules: readonly ModuleResource[];
}

/** Two modules that follow each other, and the paths that go from one to the other. */
export interface GridEdge {
  readonly from: string;
  readonly to: string;
  readonly paths: readonly string[];
}

/** A run as columns of modules, in the order in which a text crosses them. */
export interface Grid {
  readonly columns: readonly GridColumn[];
  readonly edges: readonly GridEdge[];
}

const titleOf = (place: number, places: number): string => {
  if (place === 0) return 'Embedding';
  return place === places - 1 ? 'Head' : `Level ${place - 1}`;
};

/** Each module once, at its place; a module that no path crosses is left out. */
export function gridOf(paths: readonly PathResource[], modules: readonly ModuleResource[]): Grid {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const places = Math.max(0, ...paths.map((path) => path.modules.length));
  const columns = Array.from({ length: places }, (_, place) => ({
    title: titleOf(place, places),
    modules: [...new Set(paths.map((path) => path.modules[place]!))].flatMap((name) => byName.get(name) ?? []),
  }));
  const edges = new Map<string, { from: string; to: string; paths: string[] }>();
  for (const path of paths)
    for (const [place, to] of path.modules.entries()) {
      const from = path.modules[place - 1];
      if (from === undefined) continue;
      const key = `${from} ${to}`;
      const edge = edges.get(key) ?? { from, to, paths: [] };
      edge.paths.push(path.id);
      edges.set(key, edge);
    }
  return { columns, edges: [...edges.values()] };
}

export interface Cell {
  readonly module: ModuleResource;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where everything of a grid is drawn, in pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly titles: readonly { readonly text: string; readonly x: number }[];
  readonly cells: readonly Cell[];
  readonly lines: readonly (GridEdge & { readonly d: string })[];
}

const TOP = 34;
const BOTTOM = 12;
const MARGIN = 8;
const NARROWEST_COLUMN = 76;
const WIDEST_CELL = 136;
/** Height of a cell with the gap to the next. */
const TALLEST = 52;
const LOWEST = 5;
const USUAL_HEIGHT = 620;

/** Fits a grid into `width` pixels; many columns are wider than that, many experts make thin cells. */
export function layOut({ columns, edges }: Grid, width: number): Layout {
  const count = Math.max(1, columns.length);
  const column = Math.max(NARROWEST_COLUMN, (width - 2 * MARGIN) / count);
  const most = Math.max(1, ...columns.map(({ modules }) => modules.length));
  const inner = Math.max(TALLEST, most * Math.min(TALLEST, Math.max(LOWEST, USUAL_HEIGHT / most)));
  const cellWidth = Math.min(WIDEST_CELL, 0.7 * column);
  const centre = (place: number) => MARGIN + column * (place + 0.5);
  const cells = columns.flatMap(({ modules }, place) => {
    const pitch = Math.min(TALLEST, inner / modules.length);
    const height = pitch - Math.min(10, Math.max(1, 0.2 * pitch));
    const top = TOP + (inner - pitch * modules.length + (pitch - height)) / 2;
    const x = centre(place) - cellWidth / 2;
    return modules.map((module, row) => ({ module, x, y: top + row * pitch, width: cellWidth, height }));
  });
  const byName = new Map(cells.map((cell) => [cell.module.name, cell]));
  const lines = edges.flatMap((edge) => {
    const from = byName.get(edge.from);
    const to = byName.get(edge.to);
    if (!from || !to) return [];
    const [x1, y1, x2, y2] = [from.x + from.width, from.y + from.height / 2, to.x, to.y + to.height / 2];
    const middle = (x1 + x2) / 2;
    return [{ ...edge, d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}` }];
  });
  return {
    width: column * count + 2 * MARGIN,
    height: TOP + inner + BOTTOM,
    titles: columns.map(({ title }, place) => ({ text: title, x: centre(place) })),
    cells,
    lines,
  };
}

const BRIGHT_MS = 5000;

/** From 1, stepped a moment ago, to 0, an hour or more ago or never; each tenfold age counts alike. */
export const freshness = (ageMs: number | null): number =>
  ageMs === null
    ? 0
    : Math.min(1, Math.max(0, 1 - Math.log10(Math.max(ageMs, BRIGHT_MS) / BRIGHT_MS) / Math.log10(720)));

/** `expert 1` of `level0.1`, `no. 1` of `embedding.1`; null where all paths cross one. */
export const expertOf = (name: string): string | null => {
  const [, expert] = /\.(\d+)$/.exec(name) ?? [];
  if (expert === undefined) return null;
  return name.startsWith('level') ? `expert ${expert}` : `no. ${expert}`;
};
