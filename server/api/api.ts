import rateLimit from '@fastify/rate-limit';
import type { FastifyPluginAsync } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Coordinator } from '../coordinator.ts';
import { perNetwork } from '../security/rate-limit.ts';
import { blobRoutes } from './blobs.ts';
import { contributionRoutes } from './contributions.ts';
import { corpusRoutes } from './corpora.ts';
import { runEventRoutes } from './run-events.ts';
import { runRoutes } from './runs.ts';
import { sessionRoutes } from './session.ts';
import { studyRoutes } from './studies.ts';
import { volunteerRoutes } from './volunteers.ts';

/** Blobs that one volunteer may fetch at a time, where as many as may be are behind one address. */
const BLOBS_A_SOCKET = 4;
/** Uploads of one volunteer in a minute, those that go on where one broke off included. */
const UPLOADS_A_SOCKET = 120;

/** All of `/api/v1`, with schemas in zod at the door. */
export const apiPlugin =
  (coordinator: Coordinator): FastifyPluginAsync =>
  async (app) => {
    const { config, host, store, blobs, feed, views, desk, partial, signer, access } = coordinator;
    app.setValidatorCompiler(validatorCompiler);
    app.setSerializerCompiler(serializerCompiler);
    await app.register(rateLimit, perNetwork(config.limits.requestsPerMinute));
    await app.register(sessionRoutes(coordinator.operatorKeys, config.publicUrl?.protocol === 'https:'));
    await app.register(runRoutes({ ...coordinator, lists: store.lists }));
    await app.register(runEventRoutes(feed, views, config.limits.streamsPerAddress));
    await app.register(volunteerRoutes(host, store.lists, coordinator.registry));
    await app.register(studyRoutes);
    await app.register(corpusRoutes({ ...coordinator, corpora: store.corpora }));
    const mostAtOnce = BLOBS_A_SOCKET * config.limits.socketsPerAddress;
    await app.register(
      blobRoutes({
        ...{ blobs, mostAtOnce },
        mayRead: access.mayRead,
        publicUrl: config.blobPublicUrl,
        onSent: coordinator.metrics.blobSent,
      }),
    );
    const perMinute = UPLOADS_A_SOCKET * config.limits.socketsPerAddress;
    await app.register(contributionRoutes({ desk, partial, blobs, signer, perMinute }));
  };
