import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PATIENCE, type Patience } from '@pathfold/coordination/answers/mind';
import { SILENCE_MS } from '@pathfold/coordination/coordinator/mind';
import { IceServer } from '@pathfold/protocol/down';
import * as z from 'zod';

/** Sizes and rates that strangers are held to. Tests and the bench pass their own. */
export interface Limits {
  /** Open volunteer sockets from one address; many people may share one behind a NAT. */
  readonly socketsPerAddress: number;
  /** Socket messages a second that one volunteer may send, averaged, and the burst above it. */
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  /** Changes of mind that one volunteer may have, a second and at once: each is written to the log. */
  readonly wishesPerSecond: number;
  readonly wishBurst: number;
  /** Bytes that may wait for a slow reader before its socket is closed. */
  readonly outboxBytes: number;
  /** Event streams from one address. */
  readonly streamsPerAddress: number;
  /** API requests a minute from one address; uploads with a lease's token are counted apart. */
  readonly requestsPerMinute: number;
  /** Its documents are in memory, all at once, while it is split. */
  readonly corpusBytes: number;
}

export const LIMITS: Limits = {
  socketsPerAddress: 64,
  messagesPerSecond: 50,
  messageBurst: 200,
  wishesPerSecond: 1,
  wishBurst: 30,
  outboxBytes: 4 * 1024 * 1024,
  streamsPerAddress: 64,
  requestsPerMinute: 3000,
  corpusBytes: 512 * 1024 ** 2,
};

/** Durations of the volunteer protocol. */
export interface Timings {
  /** From the opening of a socket to its welcome. */
  readonly helloMs: number;
  readonly heartbeatMs: number;
  /** Without a sign of life for so long, a volunteer loses its lease. */
  readonly silenceMs: number;
}

export const TIMINGS: Timings = { helloMs: 10_000, heartbeatMs: 10_000, silenceMs: SILENCE_MS };

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly publicUrl: URL | null;
  readonly trustProxy: boolean | number | string;
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  /** Folder of the content-addressed blobs. */
  readonly blobDir: string;
  readonly operatorToken: string | null;
  readonly promptKey: string | null;
  readonly iceServers: readonly IceServer[];
  /** The operator's TURN relay, for which each volunteer gets credentials of its own; null without one. */
  readonly turn: Turn | null;
  /** Whether modules may go through the relay also where nobody wants to hide an address. */
  readonly turnIsCheap: boolean;
  /** Where public blobs are downloaded from instead, with a slash at the end; null: from here. */
  readonly blobPublicUrl: URL | null;
  /** Ids of volunteers whose answers need nobody to confirm them: the operator's own machines. */
  readonly trustedVolunteers: readonly string[];
  /** Offer the packaged corpus; tests that do not need it are quicker without. */
  readonly packagedCorpus: boolean;
  /** Begin a fresh data folder with a run on it. */
  readonly starter: boolean;
  readonly logLevel: string;
  /** Serve the pages through Vite, with reload. */
  readonly dev: boolean;
  readonly limits: Limits;
  readonly timings: Timings;
  /** How long a volunteer may take to answer a prompt. */
  readonly patience: Patience;
}

export interface Turn {
  readonly urls: readonly string[];
  /** coturn's `static-auth-secret`. */
  readonly secret: string;
}

/** A start that cannot succeed; `message` is one sentence for the person at the terminal. */
export class StartError extends Error {}

/** Something in the database that this version cannot read: `what` says where and why, without a full stop. */
export const unreadable = (what: string): StartError =>
  new StartError(`${what}.\nNothing was deleted. Start the version of Pathfold that wrote it, or restore a backup.`);

/** Why nothing listens on the port, as a StartError where the settings can be blamed. */
export function listenError(error: NodeJS.ErrnoException, { port, host }: Pick<Config, 'port' | 'host'>): Error {
  if (error.code === 'EADDRINUSE')
    return new StartError(`Port ${port} is in use: stop what listens there, or set PORT to another one.`);
  if (error.code === 'EACCES') return new StartError(`Port ${port} needs more rights: set PORT to one above 1023.`);
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'].includes(error.code ?? ''))
    return new StartError(`HOST is ${host}, which is no address of this machine.`);
  return error;
}

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .refine((n) => n >= min && n <= max);
const url = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol));
/** A `file:` address of an absolute path on this machine, as that path. */
const folder = z.string().transform((text, ctx) => {
  try {
    if (/^file:\//i.test(text)) return resolve(fileURLToPath(text));
  } catch {
    // Another host, or what cannot be decoded.
  }
  ctx.addIssue('not a file: address');
  return z.NEVER;
});
/** An IP address, or a network as ADDRESS/BITS. */
const isNetwork = (text: string): boolean => {
  const [address = '', bits, ...more] = text.trim().split('/');
  const most = { 4: 32, 6: 128 }[isIP(address)];
  if (most === undefined || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most);
};
/** An address of a TURN server (RFC 7065). */
const TURN_URL = /^turns?:([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?(\?transport=(udp|tcp))?$/;
const isRelay = (server: IceServer): boolean => [server.urls].flat().some((text) => /^turns?:/i.test(text));
const flag = z.enum(['0', '1']).transform((text) => text === '1');
const secret = z
  .string()
  .max(200)
  .regex(/^[\x21-\x7e]+$/);

/** Each variable: its schema, and what is allowed in words. */
const VARIABLES = {
  PORT: [wholeNumber(0, 65_535), 'a whole number from 0 to 65535'],
  HOST: [z.string().regex(/^[\w.:-]+$/), 'an address or name to listen on, such as 127.0.0.1'],
  PUBLIC_URL: [url('http:', 'https:'), 'an http or https address, such as https://train.example.org'],
  TRUST_PROXY: [
    z.string().refine((text) => /^(true|false|\d{1,2})$/.test(text) || text.split(',').every(isNetwork)),
    'true, false, a number of proxies, or their addresses, such as 10.0.0.1 or 10.0.0.0/8',
  ],
  PATHFOLD_DATA_DIR: [z.string().min(1), 'a folder'],
  DATABASE_URL: [url('postgres:', 'postgresql:'), 'a PostgreSQL address, such as postgres://user:password@host/name'],
  BLOB_URL: [folder, 'a file: address of a folder, such as file:///var/lib/pathfold/blobs'],
  PATHFOLD_OPERATOR_TOKEN: [secret, '1 to 200 printable characters without spaces'],
  PATHFOLD_PROMPT_KEY: [secret, '1 to 200 printable characters without spaces'],
  PATHFOLD_ICE_SERVERS: [
    z.string().transform((text, ctx) => {
      try {
        return z.array(IceServer).parse(JSON.parse(text));
      } catch {
        ctx.addIssue('not a list of ICE servers');
        return z.NEVER;
      }
    }),
    'a JSON list such as [{"urls":"stun:stun.example.org"}]',
  ],
  PATHFOLD_TURN_URLS: [
    z
      .string()
      .transform((text) => text.split(',').map((one) => one.trim()))
      .refine((urls) => urls.every((one) => TURN_URL.test(one))),
    'TURN addresses with commas between, such as turn:relay.example.org:3478?transport=udp',
  ],
  PATHFOLD_TURN_SECRET: [secret, '1 to 200 printable characters without spaces'],
  PATHFOLD_TURN_CHEAP: [flag, '0 or 1'],
  BLOB_PUBLIC_URL: [
    url('http:', 'https:').refine((text) => !/[?#@]/.test(text)),
    'an http or https address without query, such as https://blobs.example.org',
  ],
  PATHFOLD_TRUSTED_VOLUNTEERS: [
    z
      .string()
      .transform((text) => text.split(',').map((id) => id.trim()))
      .refine((ids) => ids.every((id) => /^[\w-]{22}$/.test(id))),
    "ids of volunteers with commas between, as `npm run volunteer -- --id` prints a machine's",
  ],
  /** Read by `npm start`, checked here with the others. */
  PATHFOLD_NO_LOCAL_VOLUNTEER: [flag, '0 or 1'],
  PATHFOLD_NO_STARTER: [flag, '0 or 1'],
  PATHFOLD_SOCKETS_PER_ADDRESS: [wholeNumber(1, 1_000_000), 'a whole number from 1'],
  PATHFOLD_ANSWER_SECONDS: [
    z
      .string()
      .regex(/^\d{1,4}(,\d{1,4}){2}$/)
      .transform((text) => text.split(',').map((seconds) => 1000 * Number(seconds)))
      .refine((waits) => waits.every((ms) => ms >= 1000 && ms <= 3_600_000))
      .transform(([firstMs, gapMs, wholeMs]): Patience => ({ firstMs: firstMs!, gapMs: gapMs!, wholeMs: wholeMs! })),
    'three whole numbers from 1 to 3600 with commas between, such as 10,3,60',
  ],
  LOG_LEVEL: [
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'fatal, error, warn, info, debug, trace or silent',
  ],
} as const satisfies Record<string, readonly [z.ZodType, string]>;
type Variables = typeof VARIABLES;
type Values = { [K in keyof Variables]?: z.output<Variables[K][0]> };

const SECRET_VARIABLES = new Set([
  ...['PATHFOLD_OPERATOR_TOKEN', 'PATHFOLD_PROMPT_KEY', 'DATABASE_URL'],
  // It may hold a fixed credential.
  ...['PATHFOLD_TURN_SECRET', 'PATHFOLD_ICE_SERVERS'],
]);

const proxyTrust = (text: string | undefined) => {
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  return /^\d+$/.test(text) ? Number(text) : text;
};

/** Shorter secrets can be guessed by somebody patient. */
const SHORT_SECRET = 16;

/** Settings that are allowed and yet unwise, in one sentence each. */
export function warningsOf({ operatorToken, promptKey, turn, iceServers, turnIsCheap }: Config): string[] {
  const secrets = {
    PATHFOLD_OPERATOR_TOKEN: operatorToken,
    PATHFOLD_PROMPT_KEY: promptKey,
    PATHFOLD_TURN_SECRET: turn?.secret ?? null,
  };
  const warnings = Object.entries(secrets)
    .filter(([, value]) => value !== null && value.length < SHORT_SECRET)
    .map(([name]) => `${name} is shorter than ${SHORT_SECRET} characters: it could be guessed.`);
  if (iceServers.some(({ username, credential }) => username !== undefined || credential !== undefined))
    warnings.push(
      'PATHFOLD_ICE_SERVERS holds a username or credential: every volunteer gets it, and may use it for anything. ' +
        'Set PATHFOLD_TURN_URLS and PATHFOLD_TURN_SECRET instead: then each gets its own, for an hour.',
    );
  if (turnIsCheap && !hasRelay({ turn, iceServers }))
    warnings.push('PATHFOLD_TURN_CHEAP is 1, but no TURN server is set: it changes nothing.');
  return warnings;
}

/** Whether volunteers can hide their addresses from each other. */
export const hasRelay = ({ turn, iceServers }: Pick<Config, 'turn' | 'iceServers'>): boolean =>
  turn !== null || iceServers.some(isRelay);

/** With a slash at the end. Throws StartError where it leads back here, or where pages may not follow it. */
function readBlobUrl(text: string, publicUrl: URL | null): URL {
  const blobs = new URL(text.endsWith('/') ? text : `${text}/`);
  if (blobs.origin === publicUrl?.origin)
    throw new StartError(`BLOB_PUBLIC_URL is ${text}, at PUBLIC_URL itself; allowed is the address of another host.`);
  if (publicUrl?.protocol === 'https:' && blobs.protocol === 'http:')
    throw new StartError(`BLOB_PUBLIC_URL is ${text}; allowed is an https address, because PUBLIC_URL is one.`);
  return blobs;
}

/**
 * The coordinator's settings from environment variables; empty ones count as unset.
 * Throws a StartError that names the variable, its value (unless secret) and what is allowed.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>, dev = false): Config {
  const values: Record<string, unknown> = {};
  for (const [name, [schema, allowed]] of Object.entries(VARIABLES)) {
    const text = env[name];
    if (text === undefined || text === '') continue;
    const result = schema.safeParse(text);
    if (!result.success) {
      const shown = SECRET_VARIABLES.has(name) ? 'a value that is not shown' : JSON.stringify(text);
      throw new StartError(`${name} is ${shown}; allowed is ${allowed}.`);
    }
    values[name] = result.data;
  }
  const v = values as Values;
  if ((v.PATHFOLD_TURN_URLS === undefined) !== (v.PATHFOLD_TURN_SECRET === undefined))
    throw new StartError('PATHFOLD_TURN_URLS and PATHFOLD_TURN_SECRET go together; allowed is both, or neither.');
  const publicUrl = v.PUBLIC_URL ? new URL(v.PUBLIC_URL) : null;
  const dataDir = resolve(v.PATHFOLD_DATA_DIR ?? '.pathfold');
  return {
    port: v.PORT ?? 8080,
    host: v.HOST ?? '127.0.0.1',
    publicUrl,
    trustProxy: proxyTrust(v.TRUST_PROXY),
    dataDir,
    databaseUrl: v.DATABASE_URL ?? null,
    blobDir: v.BLOB_URL ?? resolve(dataDir, 'blobs'),
    operatorToken: v.PATHFOLD_OPERATOR_TOKEN ?? null,
    promptKey: v.PATHFOLD_PROMPT_KEY ?? null,
    iceServers: v.PATHFOLD_ICE_SERVERS ?? [],
    turn: v.PATHFOLD_TURN_URLS ? { urls: v.PATHFOLD_TURN_URLS, secret: v.PATHFOLD_TURN_SECRET! } : null,
    turnIsCheap: v.PATHFOLD_TURN_CHEAP ?? false,
    blobPublicUrl: v.BLOB_PUBLIC_URL ? readBlobUrl(v.BLOB_PUBLIC_URL, publicUrl) : null,
    trustedVolunteers: v.PATHFOLD_TRUSTED_VOLUNTEERS ?? [],
    packagedCorpus: true,
    starter: !v.PATHFOLD_NO_STARTER,
    logLevel: v.LOG_LEVEL ?? 'warn',
    dev,
    limits: { ...LIMITS, socketsPerAddress: v.PATHFOLD_SOCKETS_PER_ADDRESS ?? LIMITS.socketsPerAddress },
    timings: TIMINGS,
    patience: v.PATHFOLD_ANSWER_SECONDS ?? PATIENCE,
  };
}
