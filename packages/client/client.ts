import {
  ActivityResource,
  ContributionResource,
  CorpusResource,
  EstimateResource,
  EvaluationAnswer,
  HistoryPoint,
  LeaseResource,
  listOf,
  ModuleResource,
  PathResource,
  RouterResource,
  RunResource,
  SessionResource,
  type SignIn,
  VolunteerResource,
} from '@pathfold/protocol/resources';
import type { Mode, RunSpecInput } from '@pathfold/protocol/run-spec';
import { Chart, StudyResource, type StudySpec } from '@pathfold/protocol/study-spec';
import * as z from 'zod/mini';
import { type EventListener, followEvents } from './events.ts';
import { type ClientOptions, createHttp } from './http.ts';
import { type CorpusUpload, uploadCorpus } from './upload.ts';

/** A page of a list: `cursor` is the `next` of the page before. */
export interface Page {
  readonly limit?: number;
  readonly cursor?: string;
}

const History = z.object({ points: z.array(HistoryPoint) });
const Charts = z.object({ charts: z.array(Chart) });
const Studies = z.object({ studies: z.array(StudyResource) });

export type Client = ReturnType<typeof createClient>;

/**
 * Everything that the coordinator offers over HTTP. A refusal is a PathfoldError with the coordinator's code and
 * sentence; no answer at all is an UnreachableError; an answer of an unknown shape is a zod error.
 */
export function createClient(options: ClientOptions) {
  const http = createHttp(options);
  const list =
    <T extends z.ZodMiniType>(item: T, address: string) =>
    (page: Page = {}, signal?: AbortSignal) =>
      http.ask(listOf(item), address, { query: { ...page }, signal });
  const listOfRun =
    <T extends z.ZodMiniType>(item: T, name: string) =>
    (id: string, page?: Page, signal?: AbortSignal) =>
      list(item, run(id, `/${name}`))(page, signal);
  const run = (id: string, rest = '') => `/runs/${encodeURIComponent(id)}${rest}`;
  const order = (verb: string) => (id: string) => http.ask(RunResource, run(id, `/${verb}`), { method: 'POST' });

  return {
    runs: {
      list: list(RunResource, '/runs'),
      get: (id: string, signal?: AbortSignal) => http.ask(RunResource, run(id), { signal }),
      create: (spec: RunSpecInput) => http.ask(RunResource, '/runs', { method: 'POST', body: spec }),
      /** Begins a run whose work is a study. */
      createStudy: (spec: z.input<typeof StudySpec>) => http.ask(RunResource, '/runs', { method: 'POST', body: spec }),
      /** The charts of its kinds of work. */
      charts: async (id: string, signal?: AbortSignal) =>
        (await http.ask(Charts, run(id, '/charts'), { signal })).charts,
      /** The cost of a spec, for so many volunteers of the given speed. */
      estimate: (
        spec: RunSpecInput,
        capacity: { tokensPerSecond?: number; volunteers?: number } = {},
        signal?: AbortSignal,
      ) => http.ask(EstimateResource, '/runs/estimate', { method: 'POST', body: spec, query: capacity, signal }),
      pause: order('pause'),
      resume: order('resume'),
      stop: order('stop'),
      evaluate: order('evaluate'),
      /** Each volunteer's work in the last minutes. */
      activity: (id: string, minutes: number, signal?: AbortSignal) =>
        http.ask(ActivityResource, run(id, '/activity'), { query: { minutes }, signal }),
      setMode: (id: string, mode: Mode, arrivals?: readonly string[] | null) =>
        http.ask(RunResource, run(id, '/mode'), { method: 'POST', body: { mode, arrivals } }),
      /** The model that it had at one of its `keptRounds`; what came after is lost. Only of a run that is paused or finished. */
      rollBack: (id: string, round: number) =>
        http.ask(RunResource, run(id, '/rollback'), { method: 'POST', body: { round } }),
      /** One more expert in a level of a run that trains, a copy of this one. */
      grow: (id: string, level: number, expert: number) =>
        http.ask(RunResource, run(id, '/grow'), { method: 'POST', body: { level, expert } }),
      remove: (id: string) => http.tell(run(id), { method: 'DELETE' }),
      history: async (id: string, signal?: AbortSignal) =>
        (await http.ask(History, run(id, '/history'), { signal })).points,
      paths: listOfRun(PathResource, 'paths'),
      modules: listOfRun(ModuleResource, 'modules'),
      /** How documents find each path; empty before they are routed. */
      router: listOfRun(RouterResource, 'router'),
      /** The last evaluation; null before the first. */
      evaluation: async (id: string, signal?: AbortSignal) =>
        (await http.ask(EvaluationAnswer, run(id, '/evaluation'), { signal })).evaluation,
      leases: listOfRun(LeaseResource, 'leases'),
      volunteers: listOfRun(VolunteerResource, 'volunteers'),
      contributions: listOfRun(ContributionResource, 'contributions'),
      /** Follows live events, reconnecting by itself, until the returned function is called. */
      events: (id: string, listener: EventListener) => followEvents(http, id, listener),
    },
    volunteers: {
      /** Everyone who ever took part (operator). */
      list: list(VolunteerResource, '/volunteers'),
      get: (id: string, signal?: AbortSignal) =>
        http.ask(VolunteerResource, `/volunteers/${encodeURIComponent(id)}`, { signal }),
      ban: (id: string) => http.ask(VolunteerResource, `/volunteers/${encodeURIComponent(id)}/ban`, { method: 'POST' }),
    },
    corpora: {
      list: list(CorpusResource, '/corpora'),
      upload: (upload: CorpusUpload) => uploadCorpus(http, upload),
      remove: (id: string) => http.tell(`/corpora/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    },
    studies: {
      list: async (signal?: AbortSignal) => (await http.ask(Studies, '/studies', { signal })).studies,
      /** Address of the picture of a study that is computed here. */
      picture: (name: string) => http.url(`/studies/${encodeURIComponent(name)}/picture`),
    },
    session: {
      get: (signal?: AbortSignal) => http.ask(SessionResource, '/session', { signal }),
      /** Exchanges the one-time code of the sign-in link, or the operator token, for a session cookie. */
      signIn: (proof: SignIn) => http.ask(SessionResource, '/session', { method: 'POST', body: proof }),
      signOut: () => http.ask(SessionResource, '/session', { method: 'DELETE' }),
    },
  };
}
