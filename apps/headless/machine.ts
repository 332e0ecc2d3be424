import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDiskBlobs } from '@pathfold/blobs/disk';
import { sha256Of } from '@pathfold/blobs/memory';
import { spawnNodeAnswers } from '@pathfold/volunteer/answering/node';
import { createCompute } from '@pathfold/volunteer/compute/client';
import { spawnNodeCompute } from '@pathfold/volunteer/compute/node';
import { nodeMemory } from '@pathfold/volunteer/compute/node-memory';
import { createIdentity, type Identity, restoreIdentity } from '@pathfold/volunteer/connection/identity';
import type { Compute, Socket, VolunteerPorts } from '@pathfold/volunteer/ports';
import { diskNotes } from '@pathfold/volunteer/storage/notes-disk';
import { WebSocket } from 'ws';
import { lockFolder } from './lock.ts';
import { type Options, UsageError } from './options.ts';

const CACHE_BYTES = 2 * 1024 ** 3;

/** This machine as a volunteer's ports: disk, threads, sockets of Node. */
export async function openMachine(options: Options): Promise<{ ports: VolunteerPorts; compute: Compute }> {
  const { dataDirs, share, answer } = options;
  const dataDir = await takeFolder(dataDirs);
  const compute = createCompute(spawnNodeCompute);
  const ports: VolunteerPorts = {
    url: options.url,
    agent: 'node',
    name: options.name,
    openSocket: (url) => new WebSocket(url, { perMessageDeflate: false }) as unknown as Socket,
    fetch,
    blobs: await openDiskBlobs(join(dataDir, 'blobs')),
    cacheBytes: CACHE_BYTES,
    notes: await diskNotes(notesOf(dataDir, options.url)),
    compute,
    identity: await openIdentity(dataDir),
    memoryBytes: Math.floor(nodeMemory() / 2),
    now: () => performance.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    openAnswers: answer ? spawnNodeAnswers : null,
    openSwarm: share ? await nodeSwarm() : null,
  };
  return { ports, compute };
}

/** One coordinator's uploads and resume token mean nothing to another, and must not reach it. */
const notesOf = (dataDir: string, { href }: URL): string =>
  join(dataDir, 'notes', createHash('sha256').update(href).digest('hex').slice(0, 16));

/** The WebRTC of Node is loaded only for those who share. */
async function nodeSwarm(): Promise<VolunteerPorts['openSwarm']> {
  const [{ createSwarm }, { nodeWrtc }] = await Promise.all([
    import('@pathfold/swarm/swarm'),
    import('@pathfold/swarm/node-wrtc'),
  ]);
  const wrtc = await nodeWrtc();
  return (ports) =>
    createSwarm({
      ...ports,
      wrtc,
      verify: async (bytes, sha256) => (await sha256Of(bytes)) === sha256,
      now: () => performance.now(),
      every(ms, callback) {
        const timer = setInterval(callback, ms);
        return () => clearInterval(timer);
      },
      random: Math.random,
    });
}

/** How a coordinator calls who has the identity of this folder (docs/PROTOCOL.md, rule H4). */
export async function idIn(dataDir: string): Promise<string> {
  await makeFolder(dataDir);
  const { publicKey } = await openIdentity(dataDir);
  return createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('base64url').slice(0, 22);
}

/** Makes and locks the first folder that no other volunteer uses. */
async function takeFolder(folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    await makeFolder(folder);
    if (await lockFolder(folder)) return folder;
  }
  const all = folders.length === 1 ? folders[0] : `${folders[0]} to ${folders.at(-1)}`;
  throw new UsageError(`Another volunteer uses ${all}: choose another folder with --data DIR.`);
}

/** For this user alone: under `npm start` it makes the data folder too. */
const makeFolder = (folder: string) =>
  mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new UsageError(`The folder ${folder} cannot be made: ${error.message}.`);
  });

async function openIdentity(dataDir: string): Promise<Identity> {
  const path = join(dataDir, 'identity.json');
  try {
    return await restoreIdentity(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new UsageError(`${path}: ${(error as Error).message}`);
  }
  const identity = await createIdentity();
  await writeFile(path, identity.file, { mode: 0o600 });
  return identity;
}
