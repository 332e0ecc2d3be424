import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The coordinator's figures for Prometheus; every name begins with `pathfold_`. */
export function createMetrics(read: { sockets(): number; leases(): number }) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'pathfold_' });
  const registers = [registry];
  const blobBytes = new Counter({
    name: 'pathfold_blob_bytes_total',
    help: 'Bytes of blobs that the coordinator sent, that it left to BLOB_PUBLIC_URL, and that volunteers say they had from peers.',
    labelNames: ['kind'] as const,
    registers,
  });
  const sent = { coordinator: 0, cdn: 0, peer: 0 };
  for (const kind of Object.keys(sent)) blobBytes.inc({ kind }, 0);
  new Gauge({
    name: 'pathfold_blob_offload_ratio',
    help: 'The part of those bytes that the coordinator did not send.',
    registers,
    collect() {
      const all = sent.coordinator + sent.cdn + sent.peer;
      this.set(all === 0 ? 0 : 1 - sent.coordinator / all);
    },
  });
  new Gauge({
    name: 'pathfold_sockets',
    help: 'Volunteers that are connected.',
    registers,
    collect() {
      this.set(read.sockets());
    },
  });
  new Gauge({
    name: 'pathfold_leases',
    help: 'Leases that are held.',
    registers,
    collect() {
      this.set(read.leases());
    },
  });
  return {
    registry,
    events: new Counter({
      name: 'pathfold_events_total',
      help: 'Events appended to the log.',
      labelNames: ['type'],
      registers,
    }),
    appendSeconds: new Histogram({
      name: 'pathfold_append_seconds',
      help: 'Time until events and what was decided about them are durable.',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1],
      registers,
    }),
    foldSeconds: new Histogram({
      name: 'pathfold_fold_seconds',
      help: 'Time to compute one fold.',
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30],
      registers,
    }),
    uploadBytes: new Counter({
      name: 'pathfold_upload_bytes_total',
      help: 'Bytes of contributions received.',
      registers,
    }),
    blobSent(kind: keyof typeof sent, bytes: number): void {
      sent[kind] += bytes;
      blobBytes.inc({ kind }, bytes);
    },
  };
}
export type Metrics = ReturnType<typeof createMetrics>;

export function serveMetrics(app: FastifyInstance, metrics: Metrics): void {
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
