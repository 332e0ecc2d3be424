import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import { UsageError } from './options.ts';

/**
 * Keeps a second volunteer out of this one's folder. The lock is a local address, which ends with its process however
 * that ends. Throws `UsageError` when it is taken. (Systems with neither abstract sockets nor pipes have no lock.)
 */
export async function lockFolder(folder: string): Promise<void> {
  const name = `pathfold-${createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 32)}`;
  const address = { linux: `\0${name}`, win32: `\\\\.\\pipe\\${name}` }[process.platform as string];
  if (!address) return;
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => reject(new UsageError(`Another volunteer uses ${folder}: choose one with --data DIR.`)));
    server.listen(address, resolve);
  });
  server.unref();
}
