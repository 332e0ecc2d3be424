import cookie from '@fastify/cookie';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { unreadable } from '../config.ts';
import type { Settings } from '../store/settings.ts';
import { createGuesses } from './guesses.ts';
import { hashSecret, newSecret, secretsEqual } from './secrets.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether the request carries the operator's token or a session. */
    isOperator(): boolean;
    /** The same, for the doors that say so: wrong tokens are counted. Throws rate_limited. */
    provesOperator(reply: FastifyReply): boolean;
  }
}

const COOKIE = 'pathfold_session';
const SIGN_IN_MS = 10 * 60_000;
const SESSION_MS = 7 * 24 * 3600_000;

/** The rights to operate: the token of the environment or the last one made, and the sessions begun by sign-in codes. */
export interface OperatorKeys {
  /** A new single-use sign-in code; the one before it is void. */
  newSignInCode(): string;
  /** Spends the code; answers a new session, or throws bad_sign_in. */
  signIn(code: string): Promise<string>;
  /** A session for someone who showed the operator token. */
  newSession(): Promise<string>;
  signOut(session: string): Promise<void>;
  hasSession(session: string): boolean;
  isToken(token: string): boolean;
  /** A new operator token in place of the last one made; only its hash is kept. */
  newToken(): Promise<string>;
}

/** The part that outlives a restart: hashes only, so that the file signs nobody in. */
const OperatorRecord = z.strictObject({
  tokenHash: z.nullable(z.string()),
  /** Hash of each session, and until when it counts (milliseconds since 1970). */
  sessions: z.array(z.tuple([z.string(), z.number()])),
});
type OperatorRecord = z.infer<typeof OperatorRecord>;

const SETTING = 'operator';

function read(stored: string): OperatorRecord {
  const result = OperatorRecord.safeParse(JSON.parse(stored));
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw unreadable(`The operator's keys cannot be read from the database: ${[...path, message].join(': ')}`);
}

export async function openOperatorKeys(
  settings: Settings,
  fixedToken: string | null,
  now: () => number = Date.now,
): Promise<OperatorKeys> {
  const stored = await settings.get(SETTING);
  const record = stored === null ? { tokenHash: null, sessions: [] } : read(stored);
  let tokenHash = record.tokenHash;
  const sessions = new Map(record.sessions);
  let signInCode: { hash: string; until: number } | null = null;

  const save = async () => {
    for (const [hash, until] of sessions) if (now() > until) sessions.delete(hash);
    await settings.set(SETTING, JSON.stringify({ tokenHash, sessions: [...sessions] } satisfies OperatorRecord));
  };
  const newSession = async () => {
    const session = newSecret();
    sessions.set(hashSecret(session), now() + SESSION_MS);
    await save();
    return session;
  };
  return {
    newSession,
    newSignInCode() {
      const code = newSecret(24);
      signInCode = { hash: hashSecret(code), until: now() + SIGN_IN_MS };
      return code;
    },
    async signIn(code) {
      if (!signInCode || now() > signInCode.until || !secretsEqual(hashSecret(code), signInCode.hash))
        throw new PathfoldError('bad_sign_in');
      signInCode = null;
      return newSession();
    },
    async signOut(session) {
      if (sessions.delete(hashSecret(session))) await save();
    },
    hasSession: (session) => now() < (sessions.get(hashSecret(session)) ?? 0),
    isToken(token) {
      const isFixed = fixedToken !== null && secretsEqual(token, fixedToken);
      return isFixed || (tokenHash !== null && secretsEqual(hashSecret(token), tokenHash));
    },
    async newToken() {
      const token = newSecret();
      tokenHash = hashSecret(token);
      await save();
      return token;
    },
  };
}

export const bearerOf = (request: FastifyRequest): string | null =>
  /^Bearer (\S{1,300})$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;

export const sessionOf = (request: FastifyRequest): string | null => request.cookies[COOKIE] ?? null;

/** preParsing hook of the routes that only operators may call: after the rate limit, before anything is read. */
export const operatorOnly = async (request: FastifyRequest, reply: FastifyReply) => {
  if (!request.provesOperator(reply)) throw new PathfoldError('unauthorized');
};

export async function recognizeOperators(app: FastifyInstance, keys: OperatorKeys): Promise<void> {
  await app.register(cookie);
  app.decorateRequest('isOperator', function (this: FastifyRequest) {
    const token = bearerOf(this);
    if (token !== null) return keys.isToken(token);
    const session = sessionOf(this);
    return session !== null && keys.hasSession(session);
  });
  const guess = createGuesses();
  app.decorateRequest('provesOperator', function (this: FastifyRequest, reply: FastifyReply) {
    const isOperator = this.isOperator();
    if (bearerOf(this) !== null) guess(this, reply, isOperator);
    return isOperator;
  });
}

/** The session cookie's attributes; `secure` where the pages are served over TLS. */
export const sessionCookie = (secure: boolean) =>
  ({
    name: COOKIE,
    options: { path: '/', httpOnly: true, sameSite: 'strict', secure, maxAge: SESSION_MS / 1000 },
  }) as const;
