import { errorOf, UnreachableError } from '@pathfold/client/http';

export const NOT_MODIFIED = 304;

/** Asks the coordinator; what it answers is never the browser's own copy. Throws what went wrong, or why `signal` aborts. */
export const request = async (url: string, init: RequestInit = {}): Promise<Response> => {
  const response = await fetch(url, { cache: 'no-store', ...init }).catch((cause: unknown) => {
    throw init.signal?.aborted ? cause : new UnreachableError(cause);
  });
  if (!response.ok && response.status !== NOT_MODIFIED)
    throw errorOf(response.status, await response.json().catch(() => null));
  return response;
};

export const runUrl = (runId: string): string => `/api/v1/runs/${encodeURIComponent(runId)}`;

/** Where a file of a run is exported. */
export const exportUrl = (runId: string, file: string): string => `${runUrl(runId)}/export/${file}`;

/** The name of an export's content. */
export const etagOf = (response: Response): string =>
  response.headers.get('etag')?.replaceAll('"', '').replace(/^W\//, '') ?? '';

/** A version of a path, as the coordinator serves it. */
export interface ServedPath {
  /** Differs whenever one of its modules does. */
  readonly version: string;
  /** Outer round of its parameters. */
  readonly round: number;
}

export const modulesUrl = (runId: string, path: string): string => exportUrl(runId, `${path}.modules.json`);

/** Which version of a path is served now: not always that of the run's newest round, for one that was stopped keeps its best. */
export const fetchServed = async (runId: string, path: string): Promise<ServedPath> => {
  const response = await request(modulesUrl(runId, path), { method: 'HEAD' });
  return { version: etagOf(response), round: Number(response.headers.get('x-pathfold-round')) };
};

/** The round that can be loaded in place of what is here; null where that is what is served. */
export const roundToLoad = (served: ServedPath | null, loaded: ServedPath): number | null =>
  served && served.version !== loaded.version ? served.round : null;
