import type { BlobStore } from '@pathfold/blobs/blob-store';
import type { WorkPlan } from '@pathfold/coordination/work-plan';
import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import {
  type Evaluation,
  type ModuleResource,
  type PathResource,
  PathShard,
  type RouterResource,
  type RunResource,
} from '@pathfold/protocol/resources';
import type { Chart } from '@pathfold/protocol/study-spec';
import * as z from 'zod/mini';
import type { Host } from '../host.ts';
import type { Lists, Scores } from '../store/lists.ts';
import type { RunEntry, RunRegistry } from './registry.ts';
import {
  evaluationOf,
  moduleResources,
  noticeOf,
  pathResources,
  routerResources,
  runResource,
  stateOf,
  summaryOf,
  volunteersOf,
} from './resources.ts';

export interface ViewDeps {
  readonly host: Host;
  readonly registry: RunRegistry;
  readonly lists: Lists;
  readonly blobs: Pick<BlobStore, 'get'>;
  readonly kinds: readonly WorkPlan<unknown>[];
  /** Why a finished run still waits for a fold. */
  readonly failureOf: (run: string) => string | null;
}

/** Runs as people see them: joined from the registry, the mind and the lists. */
export function createViews({ host, registry, lists, blobs, kinds, failureOf }: ViewDeps) {
  /** The newest routing of each run, as it was read. */
  const routers = new Map<string, { readonly version: number; readonly items: RouterResource[] }>();

  async function read({ sha256 }: BlobRef): Promise<unknown> {
    const bytes = await blobs.get(sha256);
    if (!bytes) throw new PathfoldError('not_found', `The blob ${sha256} is gone.`);
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  /** Undefined while the run prepares, and when that failed: it has neither paths nor modules then. */
  const recordOf = (entry: RunEntry) => host.state.runs[entry.id];
  const resource = (entry: RunEntry, scores: Scores): RunResource => {
    const record = recordOf(entry);
    const volunteerCount = volunteersOf(host.state, entry.id).length;
    const notice = noticeOf(kinds, record, host.state, host.now());
    const failure = failureOf(entry.id);
    return runResource({ entry, record, scores, volunteerCount, notice, failure, summary: summaryOf(kinds, record) });
  };

  return {
    resource,
    /** Whether it gives work. */
    trains: (entry: RunEntry): boolean => stateOf(entry, recordOf(entry)) === 'training',
    run: async (entry: RunEntry): Promise<RunResource> => resource(entry, await lists.scores(entry.id)),
    paths(entry: RunEntry): PathResource[] {
      const record = recordOf(entry);
      return record ? pathResources(host.state, record, summaryOf(kinds, record)) : [];
    },
    modules(entry: RunEntry): ModuleResource[] {
      const record = recordOf(entry);
      return record ? moduleResources(record, entry.createdAt, host.now()) : [];
    },
    evaluation: (entry: RunEntry): Evaluation | null => evaluationOf(summaryOf(kinds, recordOf(entry))),
    /** Charts of its kinds of work. */
    charts(entry: RunEntry): Chart[] {
      const record = recordOf(entry);
      if (!record) return [];
      return kinds
        .filter(({ name }) => record.kinds.includes(name))
        .flatMap((kind) => kind.pages?.charts?.(record.works[kind.name], record.facts) ?? []);
    },
    /** Empty with one path, and before documents are routed. */
    async router(entry: RunEntry): Promise<RouterResource[]> {
      const { routing, spec } = recordOf(entry)?.facts ?? {};
      if (!routing || !spec) return [];
      const known = routers.get(entry.id);
      if (known?.version === routing.version) return known.items;
      const shards = z.array(PathShard).parse(await read(routing.shards));
      const items = routerResources(routing, spec.routing.kind, shards);
      routers.set(entry.id, { version: routing.version, items });
      return items;
    },
    /** The run, if it may be read. A private one does not exist for anybody but operators. */
    entry(id: string, isOperator: boolean): RunEntry {
      const entry = registry.get(id);
      if (!entry || (entry.spec.visibility === 'private' && !isOperator))
        throw new PathfoldError('not_found', `There is no run ${id}.`);
      return entry;
    },
  };
}
export type Views = ReturnType<typeof createViews>;
