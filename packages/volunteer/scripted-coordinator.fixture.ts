import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Down, LeaseMessage } from '@pathfold/protocol/down';
import { Up } from '@pathfold/protocol/up';
import { PROTOCOL_MAX } from '@pathfold/protocol/version';
import { type WebSocket, WebSocketServer } from 'ws';

/** A coordinator that does what a test says, over real sockets and HTTP on this machine. */
export class ScriptedCoordinator {
  readonly heard: Up[] = [];
  readonly blobs = new Map<string, Uint8Array>();
  readonly uploads = new Map<string, Uint8Array>();
  readonly requests: { method: string; path: string; headers: IncomingMessage['headers'] }[] = [];
  /** Leases named in the next welcome. */
  held: string[] = [];
  heartbeatMs = 100;
  silenceMs = 20_000;
  version = PROTOCOL_MAX;
  /** Answers an upload otherwise than by taking it. */
  onUpload: ((lease: string, response: ServerResponse, request: IncomingMessage) => boolean) | null = null;
  /** Bytes of a blob after which the connection breaks, once. */
  breakBlobAfter: number | null = null;
  #partial = new Map<string, Buffer>();
  #sockets = new Set<WebSocket>();
  #http = createServer((request, response) => void this.#serve(request, response));
  #ws = new WebSocketServer({ noServer: true });
  #waiting: { accept(message: Up): boolean; resolve(message: Up): void }[] = [];

  static async start(port = 0): Promise<ScriptedCoordinator> {
    const coordinator = new ScriptedCoordinator();
    coordinator.#http.on('upgrade', (request, socket, head) =>
      coordinator.#ws.handleUpgrade(request, socket, head, (ws) => coordinator.#greet(ws)),
    );
    await new Promise<void>((resolve) => coordinator.#http.listen(port, '127.0.0.1', resolve));
    return coordinator;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.port}/`);
  }

  say(message: Down): void {
    for (const socket of this.#sockets) socket.send(JSON.stringify(message));
  }

  /** The next message of this type from now on. */
  next<T extends Up['type']>(type: T): Promise<Extract<Up, { type: T }>> {
    return new Promise((resolve) =>
      this.#waiting.push({ accept: (message) => message.type === type, resolve: resolve as (message: Up) => void }),
    );
  }

  store(bytes: Uint8Array): { sha256: string; bytes: number } {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.blobs.set(sha256, bytes);
    return { sha256, bytes: bytes.byteLength };
  }

  lease(body: unknown, changes: Partial<LeaseMessage> = {}): LeaseMessage {
    const lease = randomUUID();
    return {
      ...{ type: 'lease', lease, run: 'run', kind: 'toy', body, token: `token-${lease}` },
      ...{ durationMs: 60_000, maxPayloadBytes: 1_000_000, ...changes },
    };
  }

  settle(lease: string, state: 'checked' | 'rejected', code: string | null = null): void {
    this.say({ type: 'settled', lease, state, code, detail: code ? `Because of ${code}.` : '', credit: 7 });
  }

  /** Cuts every socket, as a network does. */
  cut(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #greet(socket: WebSocket): void {
    socket.on('message', (data) => {
      const message = Up.parse(JSON.parse(String(data)));
      if (message.type === 'hello')
        socket.send(JSON.stringify({ type: 'challenge', nonce: 'n', version: this.version }));
      if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong' }));
      if (message.type === 'prove') {
        this.#sockets.add(socket);
        const { heartbeatMs, silenceMs, held } = this;
        const welcome = { type: 'welcome', volunteer: 'v1', resume: 'r1', heartbeatMs, silenceMs, credit: 3 };
        socket.send(JSON.stringify({ ...welcome, leases: held, iceServers: [] }));
      }
      this.heard.push(message);
      const index = this.#waiting.findIndex(({ accept }) => accept(message));
      if (index >= 0) this.#waiting.splice(index, 1)[0]!.resolve(message);
    });
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    this.requests.push({ method: request.method ?? '', path, headers: request.headers });
    const blob = /\/blobs\/(\w+)$/.exec(path)?.[1];
    const lease = /\/leases\/([^/]+)\/contribution$/.exec(path)?.[1];
    if (blob) this.#serveBlob(blob, request, response);
    else if (lease && request.method === 'HEAD')
      response.setHeader('upload-offset', this.#partial.get(lease)?.length ?? 0).end();
    else if (lease) await this.#take(lease, request, response);
    else response.writeHead(404).end();
  }

  #serveBlob(sha256: string, request: IncomingMessage, response: ServerResponse): void {
    const bytes = this.blobs.get(sha256);
    if (!bytes) return void response.writeHead(404).end();
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = bytes.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': rest.length });
    if (this.breakBlobAfter === null) return void response.end(rest);
    response.write(rest.subarray(0, this.breakBlobAfter), () => response.destroy());
    this.breakBlobAfter = null;
  }

  async #take(lease: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.onUpload?.(lease, response, request)) return;
    const start = Number(/^bytes (\d+)-/.exec(request.headers['content-range'] ?? '')?.[1] ?? 0);
    let bytes = (this.#partial.get(lease) ?? Buffer.alloc(0)).subarray(0, start);
    try {
      for await (const chunk of request) {
        bytes = Buffer.concat([bytes, chunk as Buffer]);
        this.#partial.set(lease, bytes);
      }
    } catch {
      return;
    }
    this.uploads.set(lease, bytes);
    response.writeHead(201).end('{}');
  }

  /** Makes the next upload break after some bytes, which stay. */
  breakUploadAfter(count: number): void {
    this.onUpload = (lease, _response, request) => {
      this.onUpload = null;
      request.once('data', (chunk: Buffer) => {
        this.#partial.set(lease, chunk.subarray(0, count));
        request.destroy();
      });
      return true;
    };
  }
}
