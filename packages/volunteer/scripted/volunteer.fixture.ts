import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { decodeTokens, documentsOf } from '@pathfold/corpora/shards';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { LeaseMessage } from '@pathfold/protocol/down';
import { Down } from '@pathfold/protocol/down';
import type { ExecutorInfo, Report } from '@pathfold/protocol/report';
import type { Up } from '@pathfold/protocol/up';
import { PROTOCOL_MAX, PROTOCOL_MIN } from '@pathfold/protocol/version';
import { assignedTo } from '@pathfold/works/assigned';
import { encodeScores } from '@pathfold/works/document-scores';
import { EvaluateTask } from '@pathfold/works/evaluate/task';
import { TrainTask } from '@pathfold/works/train/task';
import { WebSocket } from 'ws';

type DownOf<T extends Down['type']> = Extract<Down, { type: T }>;
/** Anything that comes at all comes before this time, on a busy machine too. */
const NEVER_MS = 60_000;
const DEVICE: ExecutorInfo = { name: 'scripted', adapter: 'none', tokensPerSecond: 1000 };

/**
 * A volunteer by script: it speaks the protocol and computes nothing. For tests of the server and for load, where the real
 * one is too heavy or too well-behaved.
 */
export class ScriptedVolunteer {
  readonly heard: Down[] = [];
  closed: { code: number; reason: string } | null = null;
  private socket: WebSocket | null = null;
  private beats: NodeJS.Timeout | undefined;
  private readonly waiting = new Set<() => void>();
  /** By lease, the documents that it asks to score. */
  private readonly asked = new Map<string, number[]>();
  private readonly key: KeyObject;
  readonly publicKey: string;
  resume: string | null = null;

  /** A new identity, or that of another one. */
  constructor(
    readonly origin: string,
    same?: ScriptedVolunteer,
    readonly device: ExecutorInfo = DEVICE,
  ) {
    const privateKey = same ? same.key : generateKeyPairSync('ed25519').privateKey;
    this.key = privateKey;
    this.publicKey = createPublicKey(privateKey).export({ format: 'jwk' }).x!;
  }

  get id(): string {
    const bytes = Buffer.from(this.publicKey, 'base64url');
    return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  }

  /** Opens the socket only. */
  async connect(headers: Record<string, string> = {}): Promise<void> {
    this.closed = null;
    const socket = new WebSocket(`${this.origin.replace('http', 'ws')}/api/v1/volunteer`, {
      headers,
      perMessageDeflate: false,
    });
    this.socket = socket;
    socket.on('message', (data) => {
      this.heard.push(Down.parse(JSON.parse(data.toString())));
      this.wake();
    });
    socket.on('close', (code, reason) => {
      if (this.socket === socket) this.closed = { code, reason: reason.toString() };
      this.wake();
    });
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  }

  /** Opens the socket and proves who it is. */
  async join(name = 'fake', headers: Record<string, string> = {}): Promise<DownOf<'welcome'>> {
    await this.connect(headers);
    const { publicKey, resume } = this;
    const versions = { min: PROTOCOL_MIN, max: PROTOCOL_MAX };
    this.send({ type: 'hello', versions, publicKey, name, agent: 'node', resume });
    const { nonce } = await this.next('challenge');
    this.send({ type: 'prove', signature: this.prove(nonce) });
    const welcome = await this.next('welcome');
    this.resume = welcome.resume;
    return welcome;
  }

  prove = (nonce: string) => sign(null, Buffer.from(`pathfold:${nonce}`), this.key).toString('base64url');

  send(message: Up): void {
    this.socket?.send(JSON.stringify(message));
  }
  sendRaw(data: string | Buffer): void {
    this.socket?.send(data);
  }

  ready(memoryBytes = 1e9, prefers?: string): void {
    this.send({ type: 'ready', executor: this.device, memoryBytes, prefers });
  }

  /** The next message of this type, taken out of what was heard. Fails when the socket closes first. */
  async next<T extends Down['type']>(type: T, timeoutMs?: number): Promise<DownOf<T>> {
    const message = await this.take((heard) => heard.type === type, type, timeoutMs);
    if (message.type === 'lease' && message.kind === 'evaluate') await this.readAsked(message);
    return message as DownOf<T>;
  }

  private async take(fits: (message: Down) => boolean, what: string, timeoutMs = NEVER_MS): Promise<Down> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const index = this.heard.findIndex(fits);
      if (index >= 0) return this.heard.splice(index, 1)[0]!;
      if (this.closed) throw new Error(`the socket closed (${this.closed.code} ${this.closed.reason}) before ${what}`);
      const left = end - Date.now();
      if (left <= 0) throw new Error(`no ${what}; heard ${JSON.stringify(this.heard).slice(0, 500)}`);
      await this.somethingNew(left);
    }
  }

  async closing(timeoutMs = NEVER_MS): Promise<{ code: number; reason: string }> {
    for (const end = Date.now() + timeoutMs; !this.closed; await this.somethingNew(end - Date.now()))
      if (Date.now() > end) throw new Error('the socket stayed open');
    return this.closed;
  }

  private somethingNew(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, ms));
      this.waiting.add(done);
    });
  }
  private wake(): void {
    for (const done of [...this.waiting]) done();
  }

  async lease(timeoutMs?: number): Promise<LeaseMessage> {
    this.ready();
    return this.next('lease', timeoutMs);
  }

  /** The contribution to this lease was checked and accepted. Throws when it was rejected, or the lease taken back. */
  async settled({ lease }: Pick<LeaseMessage, 'lease'>, timeoutMs?: number): Promise<void> {
    for (;;) {
      const about = await this.take(
        (message) => (message.type === 'settled' || message.type === 'revoke') && message.lease === lease,
        'settled',
        timeoutMs,
      );
      const { type, code, detail } = about as DownOf<'settled' | 'revoke'>;
      if (type === 'revoke') throw new Error(`revoked: ${code}: ${detail}`);
      const { state } = about as DownOf<'settled'>;
      if (state === 'rejected') throw new Error(`${code}: ${detail}`);
      if (state !== 'received') return;
    }
  }

  /** Sends a heartbeat every so many milliseconds from a random moment on, until it leaves. */
  beat(everyMs: number): void {
    this.beats = setTimeout(() => {
      this.beats = setInterval(() => this.send({ type: 'ping' }), everyMs);
    }, Math.random() * everyMs);
  }

  /** Which documents a lease asks to score. */
  private async readAsked({ lease, token, body }: LeaseMessage): Promise<void> {
    const { documents, assigned } = EvaluateTask.parse(body);
    const blob = async ({ sha256 }: BlobRef) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${this.origin}/api/v1/blobs/${sha256}`, { headers })).bytes();
    };
    this.asked.set(
      lease,
      assigned
        ? assignedTo(await blob(assigned.assignment), assigned.split, assigned.path)
        : documentsOf(decodeTokens(await blob(documents))).map((_, document) => document),
    );
  }

  /** A small made-up result for any lease of the packaged kinds of work. `nats`: of all documents, 100 tokens of one. */
  work(lease: LeaseMessage, nats = 200): { payload: Uint8Array; report: Report } {
    const report = (steps: number, tokens: number, loss: number | null): Report => ({
      steps,
      tokens,
      computeMs: 10,
      loss,
      downloadedBytes: { peers: 0, coordinator: 100 },
      executor: this.device,
    });
    if (lease.kind === 'evaluate') {
      const { chunkTokens } = EvaluateTask.parse(lease.body);
      const documents = this.asked.get(lease.lease)!.map((document, i) => {
        const score =
          i === 0 ? { document, nats, tokens: 100, bytes: 300 } : { document, nats: 0, tokens: 0, bytes: 0 };
        const count = chunkTokens && Math.ceil(score.tokens / chunkTokens);
        return count === null ? score : { ...score, chunks: new Array<number>(count).fill(score.nats / count) };
      });
      return { payload: encodeScores({ documents }), report: report(100, 100, null) };
    }
    const task = TrainTask.parse(lease.body);
    const count = task.modules.reduce((sum, module) => sum + module.bytes / 4, 0);
    const payload = new Uint8Array(new Float32Array(count).fill(1e-3).buffer);
    return { payload, report: report(task.steps, task.steps * task.inner.batch * task.model.context, 3) };
  }

  async upload(
    lease: Pick<LeaseMessage, 'lease' | 'token'>,
    { payload, report }: { payload: Uint8Array; report: Report },
    headers: Record<string, string> = {},
    body: Uint8Array = payload,
  ): Promise<Response> {
    const digest = createHash('sha256').update(payload).digest('base64');
    return fetch(`${this.origin}/api/v1/leases/${lease.lease}/contribution`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${lease.token}`,
        'content-type': 'application/octet-stream',
        'content-digest': `sha-256=:${digest}:`,
        'pathfold-report': Buffer.from(JSON.stringify(report)).toString('base64url'),
        ...headers,
      },
      body: body.slice(),
    });
  }

  /** Takes leases and uploads made-up work, until the socket closes. */
  async toil(): Promise<void> {
    while (!this.closed) {
      try {
        const lease = await this.lease();
        await this.upload(lease, this.work(lease));
      } catch {
        if (this.closed) return;
      }
    }
  }

  leave(): void {
    clearInterval(this.beats);
    this.socket?.terminate();
    this.closed ??= { code: 1006, reason: 'left' };
  }
}
