import { createHash } from 'node:crypto';
import type { ContributionResource, RunResource, VolunteerResource } from '@pathfold/protocol/resources';
import { asOperator, type TestCoordinator } from '../testing/coordinator.ts';

/** Fields that depend on who is there now, or on when interrupted work was done again. */
const OF_THE_MOMENT = ['volunteerCount', 'volunteers', 'trainers', 'updatedAt', 'sinceStepMs', 'foldedAt'];
const FORMATS = ['onnx', 'kv.onnx', 'safetensors', 'hf.zip'];

/** The public facts of a run, and sha256 of each file that it exports. */
export interface RunFigures {
  readonly run: object;
  readonly history: object[];
  readonly paths: object[];
  readonly modules: object[];
  readonly router: object[];
  readonly evaluation: object;
  readonly charts: object[];
  /** Contributions by state. */
  readonly contributions: Record<string, number>;
  readonly credits: Record<string, number>;
  readonly exports: Record<string, string>;
}

const without = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value, (key, inner) => (OF_THE_MOMENT.includes(key) ? undefined : inner)));

/** Figures of all runs, by name. */
export async function figuresOf({ ask }: TestCoordinator): Promise<Record<string, RunFigures>> {
  const get = async <T>(url: string): Promise<T> => {
    const answer = await ask({ url: `/api/v1${url}`, headers: asOperator });
    if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.body}`);
    return answer.json<T>();
  };
  const all = async <T>(url: string): Promise<T[]> => {
    const items: T[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { items: T[]; next: string | null } = await get(`${url}?limit=100${cursor}`);
      items.push(...page.items);
      cursor = page.next && `&cursor=${page.next}`;
    }
    return items;
  };
  const sha256Of = async (url: string) => {
    const answer = await ask({ url: `/api/v1${url}`, headers: asOperator });
    if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.body}`);
    return createHash('sha256').update(answer.rawPayload).digest('hex');
  };
  const figures: Record<string, RunFigures> = {};
  for (const run of await all<RunResource>('/runs')) {
    const at = `/runs/${run.id}`;
    const paths = await all<{ id: string }>(`${at}/paths`);
    const files = run.study
      ? []
      : [
          ...['tokenizer.json', 'router.json', ...(run.spec.base ? ['base-features.onnx'] : [])],
          ...paths.flatMap(({ id }) => FORMATS.map((format) => `${id}.${format}`)),
        ];
    const exports: Record<string, string> = {};
    for (const file of files) exports[file] = await sha256Of(`${at}/export/${file}`);
    const contributions: Record<string, number> = {};
    for (const { state } of await all<ContributionResource>(`${at}/contributions`))
      contributions[state] = (contributions[state] ?? 0) + 1;
    const volunteers = await all<VolunteerResource>(`${at}/volunteers`);
    const { points } = await get<{ points: { time: string }[] }>(`${at}/history`);
    figures[run.name] = without({
      run,
      // A round that a stop broke off ends when somebody starts again.
      history: points.map(({ time: _, ...point }) => point),
      paths,
      modules: await all<object>(`${at}/modules`),
      router: await all<object>(`${at}/router`),
      evaluation: await get<object>(`${at}/evaluation`),
      charts: (await get<{ charts: object[] }>(`${at}/charts`)).charts,
      contributions,
      credits: Object.fromEntries(volunteers.map(({ id, credit }) => [id, credit])),
      exports,
    });
  }
  return figures;
}
