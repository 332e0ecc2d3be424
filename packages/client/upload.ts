import { CorpusResource } from '@pathfold/protocol/resources';
import { errorOf, type Http, UnreachableError } from './http.ts';

export interface CorpusUpload {
  readonly name: string;
  readonly licence: string;
  /** One document a file (`.txt`), or a JSON object a line with `text` and perhaps `domain` (`.jsonl`). */
  readonly format: 'txt' | 'jsonl';
  readonly body: Blob;
  readonly onProgress?: ((sentBytes: number, totalBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const CONTENT_TYPES = { txt: 'text/plain; charset=utf-8', jsonl: 'application/x-ndjson' } as const;

/** Browsers tell the progress of an upload only through XMLHttpRequest. */
function sendByXhr(url: string, headers: Record<string, string>, upload: CorpusUpload): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => upload.onProgress?.(event.loaded, event.total);
    request.onload = () => resolve([request.status, request.responseText]);
    request.onerror = () => reject(new UnreachableError(new Error('The connection broke during the upload.')));
    request.onabort = () => reject(upload.signal?.reason);
    upload.signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.send(upload.body);
  });
}

async function sendByFetch(url: string, headers: Record<string, string>, upload: CorpusUpload) {
  let sent = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      sent += chunk.byteLength;
      upload.onProgress?.(sent, upload.body.size);
      controller.enqueue(chunk);
    },
  });
  const init: RequestInit & { duplex: 'half' } = {
    method: 'POST',
    headers,
    body: upload.body.stream().pipeThrough(counter),
    duplex: 'half',
    signal: upload.signal ?? null,
  };
  const response = await fetch(url, init).catch((cause) => {
    if (upload.signal?.aborted) throw cause;
    throw new UnreachableError(cause);
  });
  return [response.status, await response.text()] as const;
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** Streams a corpus to the coordinator; answers it as far as it is prepared, bad lines included. */
export async function uploadCorpus(http: Http, upload: CorpusUpload): Promise<CorpusResource> {
  const url = http.url('/corpora', { name: upload.name, licence: upload.licence });
  const headers = { Accept: 'application/json', 'Content-Type': CONTENT_TYPES[upload.format], ...http.authorization };
  const send = 'XMLHttpRequest' in globalThis ? sendByXhr : sendByFetch;
  const [status, text] = await send(url, headers, upload);
  if (status < 200 || status > 299) throw errorOf(status, parse(text));
  return CorpusResource.parse(parse(text));
}
