import { isIPv6 } from 'node:net';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const WILDCARDS = new Set(['0.0.0.0', '[::]', ...LOOPBACK]);

/** A host as URLs and Host headers have it. */
const nameOf = (host: string): string => (isIPv6(host) ? `[${host}]` : host).toLowerCase();

/** Where a coordinator that listens on `host` answers on this machine. */
export function localOrigin(host: string, port: number): string {
  const name = nameOf(host);
  return `http://${WILDCARDS.has(name) && name !== '[::1]' ? 'localhost' : name}:${port}`;
}

/** The hosts, as in a Host header, that this coordinator answers to once it listens on `port`. */
export function allowedHosts(config: Pick<Config, 'host' | 'publicUrl'>, port: number): Set<string> {
  const own = nameOf(config.host);
  const names = WILDCARDS.has(own) ? LOOPBACK : [...LOOPBACK, own];
  const hosts = new Set(names.map((name) => (port === 80 ? name : `${name}:${port}`)));
  if (config.publicUrl) hosts.add(config.publicUrl.host);
  return hosts;
}

/**
 * Refuses requests and sockets whose Host is not ours (DNS rebinding), and those that a page of another origin
 * makes (cross-site requests and sockets). Programs that are no browser send no Origin.
 */
export function guardHosts(app: FastifyInstance, config: Config): void {
  let hosts: Set<string> | null = null;
  app.addHook('onListen', () => {
    hosts = null;
  });
  app.addHook('onRequest', async (request) => {
    const address = app.server.address();
    hosts ??= allowedHosts(config, address !== null && typeof address === 'object' ? address.port : config.port);
    const host = (request.headers.host ?? '').toLowerCase();
    if (!hosts.has(host)) throw new PathfoldError('bad_host', `The Host ${JSON.stringify(host)} is not known here.`);
    const { origin } = request.headers;
    if (origin === undefined) return;
    const from = URL.canParse(origin) ? new URL(origin) : null;
    if (!from || !hosts.has(from.host) || from.origin !== origin.toLowerCase())
      throw new PathfoldError('bad_origin', `The origin ${JSON.stringify(origin)} may not use this coordinator.`);
  });
}
