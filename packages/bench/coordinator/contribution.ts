import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { valuesIn } from '@pathfold/compression/codec';
import { codecOf } from '@pathfold/compression/codecs';
import type { LeaseMessage } from '@pathfold/protocol/down';
import type { Report } from '@pathfold/protocol/report';
import type { TrainTask } from '@pathfold/works/train/task';

/** So slow that every lease is expected to take many seconds: all replicas of a round can join it. */
export const EXECUTOR = { name: 'bench', adapter: '', tokensPerSecond: 1 };

const agent = new Agent({ keepAlive: true });
let made = 0;

/** A contribution that the check accepts: small finite values of the right size, unlike any before. */
export const payloadFor = ({ body }: LeaseMessage): Buffer => {
  const task = body as TrainTask;
  const modules = task.modules.map(({ name, bytes }) => ({ name, parameterCount: bytes / 4 }));
  const delta = new Float32Array(valuesIn(modules)).fill(1e-3);
  delta[0] = ++made * 1e-6;
  const codec = codecOf(task);
  return Buffer.from(codec.encode(delta, codec.init(modules), modules).payload);
};

export const digestOf = (payload: Buffer): string => createHash('sha256').update(payload).digest('base64');

const reportFor = (lease: LeaseMessage): Report => {
  const { steps, inner, model } = lease.body as TrainTask;
  const tokens = steps * inner.batch * model.context;
  return {
    steps,
    tokens,
    computeMs: (1000 * tokens) / EXECUTOR.tokensPerSecond,
    loss: 5,
    downloadedBytes: { peers: 0, coordinator: 0 },
    executor: EXECUTOR,
  };
};

/** Uploads a contribution; answers when the coordinator has it on its disk and in its log. */
export const upload = (url: string, lease: LeaseMessage, payload: Buffer, digest: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const put = request(
      new URL(`/api/v1/leases/${lease.lease}/contribution`, url),
      {
        method: 'PUT',
        agent,
        headers: {
          authorization: `Bearer ${lease.token}`,
          'content-type': 'application/octet-stream',
          'content-length': payload.byteLength,
          'content-digest': `sha-256=:${digest}:`,
          'pathfold-report': Buffer.from(JSON.stringify(reportFor(lease))).toString('base64url'),
        },
      },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        if (response.statusCode === 201) resolve();
        else reject(new Error(`upload answered ${response.statusCode}: ${Buffer.concat(chunks).toString()}`));
      },
    );
    put.on('error', reject);
    put.end(payload);
  });
