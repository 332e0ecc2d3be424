import { Readable } from 'node:stream';
import type { BlobStore } from '@pathfold/blobs/blob-store';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { ContributionDesk, OpenLease } from '../desk.ts';
import { bearerOf } from '../security/operator.ts';
import type { Signer } from '../security/secrets.ts';
import { readDigest, readReport, readSpan } from '../uploads/headers.ts';
import { leaseOfToken } from '../uploads/lease-token.ts';
import type { PartialUploads } from '../uploads/partial.ts';

export interface ContributionDeps {
  readonly desk: ContributionDesk;
  readonly partial: PartialUploads;
  readonly blobs: BlobStore;
  readonly signer: Signer;
  /** Uploads, and questions how far one has come, of one network; each may read the database. */
  readonly perMinute: number;
}

const Params = z.object({ id: z.string().min(1).max(80) });
const Partly = z.object({ lease: z.string(), offset: z.number() });
const Received = z.object({ lease: z.string(), sha256: z.string(), bytes: z.number() });

/** Rules U1 to U4: one lease, one contribution, streamed to disk, counted while it comes, resumable. */
export const contributionRoutes =
  ({ desk, partial, blobs, signer, perMinute }: ContributionDeps): FastifyPluginAsyncZod =>
  async (app) => {
    // The body has no limit but the lease's: nothing may read it whole.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
    const url = '/leases/:id/contribution';
    const tags = ['volunteers'];
    const config = { rateLimit: { max: perMinute } };

    /** preParsing hook, before any of the body is read. Throws bad_token, lease_unknown. */
    const holderOnly = async (request: FastifyRequest) => {
      const { id } = request.params as z.infer<typeof Params>;
      const token = bearerOf(request);
      if (token === null) throw new PathfoldError('bad_token');
      if (leaseOfToken(signer, token) !== id) throw new PathfoldError(desk.isOpen(id) ? 'bad_token' : 'lease_unknown');
    };
    /** An ended lease that the coordinator has forgotten counts as ended. */
    const leaseOf = async (id: string): Promise<OpenLease> =>
      (await desk.lease(id)) ?? { maxPayloadBytes: 0, contribution: null, ended: true };

    const head = { preParsing: holderOnly, config, schema: { tags, params: Params } } as const;
    app.head(url, head, async (request, reply) => {
      const { contribution, ended, maxPayloadBytes } = await leaseOf(request.params.id);
      if (ended && contribution === null) throw new PathfoldError('lease_ended');
      const offset = contribution === null ? await partial.offset(request.params.id) : await blobs.size(contribution);
      return reply
        .header('upload-offset', offset ?? 0)
        .header('upload-limit', `max-size=${maxPayloadBytes}`)
        .send();
    });

    app.put(
      url,
      {
        preParsing: holderOnly,
        bodyLimit: Number.MAX_SAFE_INTEGER,
        config,
        schema: {
          tags,
          params: Params,
          consumes: ['application/octet-stream'],
          response: { 200: Received, 201: Received, 202: Partly },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const lease = await leaseOf(id);
        const sha256 = readDigest(request.headers);
        if (lease.contribution === sha256)
          return reply.code(200).send({ lease: id, sha256, bytes: (await blobs.size(sha256)) ?? 0 });
        if (lease.contribution !== null) throw new PathfoldError('already_contributed');
        if (lease.ended) throw new PathfoldError('lease_ended');
        const report = readReport(request.headers);
        const span = readSpan(request.headers);
        const limit = lease.maxPayloadBytes;
        if ((span.total ?? 0) > limit) {
          reply.header('connection', 'close');
          throw new PathfoldError('too_large', `No more than ${limit} bytes.`);
        }

        // An empty one of no type is not read at all.
        if (!(request.body instanceof Readable))
          throw new PathfoldError('unsupported_media_type', 'Send application/octet-stream.');
        const upload = { span, maxBytes: limit, sha256, isWanted: () => desk.isWanted(id) };
        const blob = await partial
          .append(id, request.body, upload)
          .catch((error: unknown) => {
            throw desk.isOpen(id) ? error : new PathfoldError('lease_ended');
          })
          .finally(async () => {
            // When a lease ends, the file of its upload goes, and this one may have made it anew.
            if (!desk.isOpen(id)) await partial.remove(id);
          });
        if ('offset' in blob)
          return reply.code(202).header('upload-offset', blob.offset).send({ lease: id, offset: blob.offset });
        await desk.receive(id, blob, report);
        return reply.code(201).send({ lease: id, ...blob });
      },
    );
  };
