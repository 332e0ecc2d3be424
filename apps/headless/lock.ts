import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';

/**
 * Keeps a second volunteer out of this one's folder; answers whether this one has it. The lock is a local address,
 * which ends with its process however that ends. (Systems with neither abstract sockets nor pipes have no lock.)
 */
export async function lockFolder(folder: string): Promise<boolean> {
  const name = `pathfold-${createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 32)}`;
  const address = { linux: `\0${name}`, win32: `\\\\.\\pipe\\${name}` }[process.platform as string];
  if (!address) return true;
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(address, () => resolve(true)).unref();
  });
}
