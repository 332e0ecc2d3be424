import { createHmac } from 'node:crypto';
import type { IceServer } from '@pathfold/protocol/down';
import type { Config, Turn } from '../config.ts';

const LIFETIME_MS = 3_600_000;

/**
 * The relay with credentials for one volunteer, good for an hour: "A REST API for Access to TURN Services"
 * (draft-uberti-behave-turn-rest-00, section 2.2), as coturn checks them with `use-auth-secret`.
 * `now`: milliseconds since 1970.
 */
export function turnServer({ urls, secret }: Turn, volunteer: string, now: number): IceServer {
  const username = `${Math.floor((now + LIFETIME_MS) / 1000)}:${volunteer}`;
  const credential = createHmac('sha1', secret).update(username).digest('base64');
  return { urls: [...urls], username, credential };
}

/** The STUN and TURN servers for one volunteer. */
export const iceServersOf = (
  { iceServers, turn }: Pick<Config, 'iceServers' | 'turn'>,
  volunteer: string,
  now: number,
): IceServer[] => [...iceServers, ...(turn ? [turnServer(turn, volunteer, now)] : [])];
