import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import websocket, { type WebSocket } from '@fastify/websocket';
import { withoutRoom } from '@pathfold/coordination/coordinator/room';
import { PathfoldError } from '@pathfold/protocol/errors';
import { MAX_UP_BYTES } from '@pathfold/protocol/up';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
  type RawServerDefault,
} from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { apiPlugin } from './api/api.ts';
import { answerProblems, answerUnreadable, sendProblem } from './api/problems.ts';
import type { Coordinator } from './coordinator.ts';
import { serveMetrics } from './metrics.ts';
import { servePages, servePagesFromSource } from './pages.ts';
import { promptsPlugin } from './prompts/plugin.ts';
import { promptRuns } from './runs/prompt-runs.ts';
import { createSharedReads } from './runs/shared-reads.ts';
import { setHeaders } from './security/headers.ts';
import { guardHosts } from './security/hosts.ts';
import { operatorOnly, recognizeOperators } from './security/operator.ts';
import { perNetwork } from './security/rate-limit.ts';
import { endSlowBodies } from './security/slow-bodies.ts';
import { endSlowReaders } from './security/slow-readers.ts';
import { iceServersOf } from './security/turn.ts';
import { createAllowances, createTurnstile } from './sockets/allowance.ts';
import { networkOf } from './sockets/network.ts';
import { serveVolunteer } from './sockets/volunteer-socket.ts';
import { plans } from './works.ts';

const MAX_BODY_BYTES = 256 * 1024;
/** A connection on which nothing moves for so long is given up: longer than any prompt waits. */
const STALLED_MS = 10 * 60_000;
/** Answers under way to one volunteer, where as many as may be are behind one address. */
const ANSWERS_A_SOCKET = 4;
/** From one network, of each; they are for programs. */
const DESCRIPTIONS_PER_MINUTE = 300;
/** Whoever asks whether we are ready hears the same for so long. */
const READY_MS = 1000;
const GOING_AWAY = 1001;
/** How long sockets may take to say goodbye when the coordinator stops. */
const CLOSE_MS = 100;

/** The coordinator's doors: HTTP, sockets and pages. It does not listen yet. */
export async function buildApp(coordinator: Coordinator, log: FastifyBaseLogger): Promise<FastifyInstance> {
  const { config, desk, connections, signalling, network, metrics } = coordinator;
  const { trustProxy } = config;
  const options: FastifyHttpOptions<RawServerDefault> = {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy,
    bodyLimit: MAX_BODY_BYTES,
    connectionTimeout: STALLED_MS,
    routerOptions: { ignoreTrailingSlash: true },
    // A string that cannot be an id is the id of nothing.
    frameworkErrors: (error, _request, reply) =>
      void sendProblem(reply, error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'not_found' : 'bad_request', error.message),
    clientErrorHandler: answerUnreadable,
    forceCloseConnections: true,
  };
  const app: FastifyInstance = Fastify(options);
  answerProblems(app);
  takeEmptyBodies(app);
  // Before any hook that may refuse: it ends the sockets of refused upgrades.
  await app.register(websocket, {
    options: { maxPayload: 2 * MAX_UP_BYTES },
    errorHandler: (_error, socket) => socket.terminate(),
    async preClose() {
      coordinator.network.leaving();
      for (const socket of app.websocketServer.clients) socket.close(GOING_AWAY);
      await new Promise((resolve) => setTimeout(resolve, CLOSE_MS));
      for (const socket of app.websocketServer.clients) socket.terminate();
      app.websocketServer.close();
    },
  });
  guardHosts(app, config);
  endSlowReaders(app, ANSWERS_A_SOCKET * config.limits.socketsPerAddress);
  endSlowBodies(app);
  await setHeaders(app, config);
  await recognizeOperators(app, coordinator.operatorKeys);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Pathfold', version: '1', description: 'Folding@home for modular language models.' },
      components: { securitySchemes: { operator: { type: 'http', scheme: 'bearer' } } },
    },
    transform: describe,
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
  await app.register(async (scope) => {
    await scope.register(rateLimit, perNetwork(DESCRIPTIONS_PER_MINUTE));
    scope.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
    serveMetrics(scope, metrics);
  });

  app.get('/healthz', { schema: { tags: ['health'] } }, async () => ({ status: 'ok' }));
  const readiness = createSharedReads<boolean>(READY_MS, Date.now);
  app.get('/readyz', { schema: { tags: ['health'] } }, async () => {
    if (!(await readiness('', () => isReady(coordinator)))) throw new PathfoldError('not_ready');
    return { status: 'ready' };
  });

  const sockets = createTurnstile(config.limits.socketsPerAddress);
  const openings = createAllowances(config.limits.socketsPerAddress / 15, 4 * config.limits.socketsPerAddress);
  await app.register(async (scope) => {
    scope.route({
      method: 'GET',
      url: '/api/v1/volunteer',
      config: { countsItself: true },
      schema: { tags: ['volunteers'], summary: 'A WebSocket of the volunteer protocol: docs/PROTOCOL.md' },
      handler: async () => {
        throw new PathfoldError('bad_request', 'This address speaks WebSocket only: docs/PROTOCOL.md describes it.');
      },
      wsHandler: serve,
    });
    function serve(socket: WebSocket, request: FastifyRequest) {
      const where = networkOf(request.ip);
      const leave = sockets.enter(where);
      if (!leave) return socket.close(1013, 'rate_limited');
      socket.on('close', leave);
      if (!openings.take(where)) return socket.close(1013, 'rate_limited');
      const { limits, timings } = config;
      serveVolunteer(socket, {
        desk,
        connections,
        signalling,
        network,
        limits,
        timings,
        iceServersOf: (volunteer) => iceServersOf(config, volunteer, Date.now()),
        log,
        address: request.ip,
      });
    }
  });

  await app.register(apiPlugin(coordinator), { prefix: '/api/v1' });
  await app.register(
    promptsPlugin({
      runs: promptRuns(coordinator),
      blobs: coordinator.blobs,
      network,
      holdersOf: (run, path) =>
        Object.values(coordinator.host.state.volunteers).flatMap(({ id, paths }) => (paths[run] === path ? id : [])),
      withoutRoom: (bytes) => withoutRoom(coordinator.host.state, plans, bytes),
      promptKey: config.promptKey,
      isOperator: (request) => request.isOperator(),
    }),
  );
  if (config.dev) await servePagesFromSource(app);
  else await servePages(app);
  return app;
}

/** An order without a body may say of which type it is: many clients always do. */
function takeEmptyBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parse(request, body as string, done);
  });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') done(null, undefined);
    else done(new PathfoldError('unsupported_media_type', 'Send application/json.'));
  });
}

/** A route as the description shows it, with what an operator must send. */
const describe: typeof jsonSchemaTransform = (input) => {
  const body = input.route.config?.describedBody;
  const described = jsonSchemaTransform(body ? { ...input, schema: { ...input.schema, body } } : input);
  return [input.route.preParsing].flat().includes(operatorOnly)
    ? { ...described, schema: { ...described.schema, security: [{ operator: [] }] } }
    : described;
};

const isReady = async ({ store, isStarted }: Coordinator): Promise<boolean> => {
  try {
    await store.settings.get('ready');
    return isStarted();
  } catch {
    return false;
  }
};
