import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openDiskBlobs } from '@pathfold/blobs/disk';
import { createCoordinator } from '@pathfold/coordination/coordinator/mind';
import { snapshot } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { RunSpec } from '@pathfold/protocol/run-spec';
import type { FastifyBaseLogger } from 'fastify';
import { createBlobAccess } from './api/blob-access.ts';
import { type Config, StartError } from './config.ts';
import { allCorpora, openLibrary } from './corpora/corpora.ts';
import { createDesk } from './desk.ts';
import { createEffects, MOST_HOLDERS } from './effects.ts';
import { openExecutors } from './executors/executors.ts';
import { type Host, startHost } from './host.ts';
import { createMetrics } from './metrics.ts';
import { createPreparation } from './preparation/preparation.ts';
import { createNetwork } from './prompts/network.ts';
import { createFeed } from './runs/feed.ts';
import { openRunRegistry } from './runs/registry.ts';
import { createRuns } from './runs/runs.ts';
import { createViews } from './runs/views.ts';
import { openOperatorKeys } from './security/operator.ts';
import { createSigner, newSecret } from './security/secrets.ts';
import { createConnections } from './sockets/connections.ts';
import { createSignalling } from './sockets/signalling.ts';
import { STARTER_RUN } from './starter-run.ts';
import { claimBlobFolder } from './store/blob-folder.ts';
import { startErrorOf } from './store/database.ts';
import { openStore } from './store/store.ts';
import { createSweep } from './sweep.ts';
import { openPartialUploads } from './uploads/partial.ts';
import { briefPlan, plans } from './works.ts';

export interface CoordinatorDeps {
  readonly log: FastifyBaseLogger;
  readonly onFatal: (error: unknown) => void;
}

const FOLD_THREADS = 2;
/** Events with which a lease is over, and the file of its upload goes. */
const ENDS = new Set<CoordinatorEvent['type']>(['LeaseEnded', 'ContributionRejected', 'ContributionAccepted']);
const SWEEP_MS = 2 * 60_000;

async function makeFolder(variable: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(`${variable} is ${folder} (${code}); allowed is a folder that this process may write to.`);
  }
}

/**
 * Everything of a coordinator but its doors (app.ts): opened, restored from its log, and at work. Throws StartError when
 * its folders or database are in use, belong to others or cannot be reached, or hold what cannot be read.
 */
export async function openCoordinator(config: Config, { log, onFatal }: CoordinatorDeps): Promise<Coordinator> {
  let isOpen = false;
  const told = (error: unknown) => (isOpen ? error : startErrorOf(error, config));
  try {
    const coordinator = await open(config, { log, onFatal: (error) => onFatal(told(error)) });
    isOpen = true;
    return coordinator;
  } catch (error) {
    throw told(error);
  }
}

async function open(config: Config, { log, onFatal }: CoordinatorDeps) {
  await makeFolder('PATHFOLD_DATA_DIR', config.dataDir);
  await makeFolder('BLOB_URL', config.blobDir);
  const store = await openStore(config);
  const unlockBlobs = await claimBlobFolder(store.settings, config).catch(async (error) => {
    await store.close();
    throw error;
  });
  const blobs = await openDiskBlobs(config.blobDir);
  const partial = await openPartialUploads(join(config.blobDir, 'uploads'), blobs);
  const signer = createSigner(await store.settings.getOrCreate('signing key', () => newSecret()));
  const operatorKeys = await openOperatorKeys(store.settings, config.operatorToken);
  const registry = await openRunRegistry(store.settings);
  const executors = openExecutors({ blobFolder: config.blobDir, threads: FOLD_THREADS });
  const preparation = createPreparation(config.blobDir);
  const library = await openLibrary({
    corpora: store.corpora,
    preparation,
    folder: join(config.dataDir, 'corpora'),
    maxBytes: config.limits.corpusBytes,
    log,
  });
  const connections = createConnections();
  const signalling = createSignalling(connections.send);
  const metrics = createMetrics({
    sockets: () => connections.size,
    leases: () => Object.keys(host.state.leases).length,
  });
  const access = createBlobAccess(signer, () => host.state);

  const effects = createEffects({
    host: () => host,
    kinds: plans,
    connections,
    executors,
    signer,
    metrics,
    log,
    onEvent,
    onFailed: (run) => feed.changed(run),
  });
  const mind = createCoordinator(plans, config.timings.silenceMs);
  const host: Host = await startHost({
    mind,
    events: store.events,
    perform: effects.perform,
    onFatal,
    onAppended: (seconds) => metrics.appendSeconds.observe(seconds),
  });
  const views = createViews({
    host,
    registry,
    lists: store.lists,
    blobs,
    kinds: plans,
    failureOf: effects.failureOf,
  });
  const feed = createFeed({ registry, views, lists: store.lists, log });
  const deps = {
    host,
    registry,
    corpora: store.corpora,
    library,
    blobs,
    preparation,
    kinds: plans,
    log,
    onChange: feed.changed,
  };
  const runs = createRuns(deps);
  const network = createNetwork({
    plan: briefPlan,
    send: connections.send,
    record: (fact) => host.record(fact),
    creditOf: (volunteer) => host.state.volunteers[volunteer]?.credit ?? 0,
    now: () => performance.now(),
    patience: config.patience,
  });
  const desk = createDesk({
    host,
    signer,
    lists: store.lists,
    limits: config.limits,
    trusted: config.trustedVolunteers,
  });

  function onEvent(event: CoordinatorEvent): void {
    access.note(event);
    runs.note(event);
    if (ENDS.has(event.type) && 'lease' in event && event.lease) void partial.remove(event.lease);
    const run = 'run' in event ? event.run : null;
    if (typeof run === 'string') feed.changed(run);
    else for (const entry of registry.list()) feed.changed(entry.id);
  }

  const sweep = createSweep({
    blobs,
    texts: async () => [JSON.stringify(await allCorpora(store.corpora)), snapshot(host.state)],
    underWay: () => [...effects.folding(), ...preparation.underWay()],
  });
  const sweeping = setInterval(() => {
    sweep.run().catch((err) => log.warn({ err }, 'unneeded blobs could not be deleted'));
  }, SWEEP_MS);

  /** Once in the life of a data folder: what operators delete stays deleted. */
  async function addStarter(): Promise<void> {
    if (!config.packagedCorpus || (await store.settings.get('starter')) !== null) return;
    await library.addStarter();
    if (config.starter && registry.list().length === 0) await runs.create(RunSpec.parse(STARTER_RUN));
    await store.settings.set('starter', 'made');
  }

  access.restore();
  await partial.keepOnly(Object.keys(host.state.leases));
  await host.begin();
  effects.resume(await store.lists.unfolded(MOST_HOLDERS / 2));
  await library.resume();
  await runs.resume();
  await addStarter();
  /** The starter run, where this start or one that was broken off has begun it. */
  const beginning = registry
    .list()
    .filter(
      ({ id, spec, preparation }) =>
        spec.name === STARTER_RUN.name && preparation === 'running' && !host.state.runs[id],
    )
    .map(({ id }) => id);

  return {
    config,
    store,
    blobs,
    partial,
    signer,
    operatorKeys,
    registry,
    library,
    connections,
    signalling,
    network,
    metrics,
    access,
    host,
    views,
    feed,
    runs,
    desk,
    sweep,
    /** Whether the starter run can be asked; also where there is none, or where it could not be prepared. */
    isStarted: () => beginning.every((id) => host.state.runs[id] || registry.get(id)?.preparation !== 'running'),
    /** Saves a snapshot and lets go of everything; what is being computed is computed again after the next start. */
    async close(): Promise<void> {
      clearInterval(sweeping);
      feed.close();
      network.close();
      effects.stop();
      await preparation.close();
      await host.stop();
      await executors.close();
      await store.close();
      unlockBlobs();
    },
  };
}
export type Coordinator = Awaited<ReturnType<typeof open>>;
