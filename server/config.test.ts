import { expect, test } from 'vitest';
import { listenError, readConfig, StartError, warningsOf } from './config.ts';

test('the defaults are the documented ones', () => {
  expect(readConfig({})).toMatchObject({
    port: 8080,
    host: '127.0.0.1',
    publicUrl: null,
    starter: true,
    iceServers: [],
    patience: { firstMs: 10_000, gapMs: 3_000, wholeMs: 60_000 },
  });
  expect(readConfig({ PATHFOLD_DATA_DIR: '/x' }).blobDir).toBe('/x/blobs');
  expect(readConfig({ PORT: '' }).port).toBe(8080);
});

test('values are read in their types', () => {
  const config = readConfig({
    PORT: '0',
    PUBLIC_URL: 'https://train.example.org/',
    TRUST_PROXY: '2',
    BLOB_URL: 'file:///var/my%20blobs',
    PATHFOLD_ICE_SERVERS: '[{"urls":["stun:a.example"]}]',
    PATHFOLD_NO_STARTER: '1',
    PATHFOLD_ANSWER_SECONDS: '20,6,120',
  });
  expect(config).toMatchObject({ port: 0, trustProxy: 2, blobDir: '/var/my blobs', starter: false });
  expect(config.patience).toEqual({ firstMs: 20_000, gapMs: 6_000, wholeMs: 120_000 });
  expect(config.publicUrl?.host).toBe('train.example.org');
  expect(config.iceServers).toEqual([{ urls: ['stun:a.example'] }]);
});

test.each([
  ['PORT', '80 80'],
  ['PORT', '65536'],
  ['HOST', 'a b'],
  ['PUBLIC_URL', 'train.example.org'],
  ['TRUST_PROXY', 'perhaps'],
  ['TRUST_PROXY', 'abc'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['DATABASE_URL', 'mysql://x'],
  ['BLOB_URL', 's3://bucket'],
  ['BLOB_URL', 'file:///tmp/%zz'],
  ['BLOB_URL', 'file://data/blobs'],
  ['BLOB_URL', 'file:data/blobs'],
  ['PATHFOLD_OPERATOR_TOKEN', 'two words'],
  ['PATHFOLD_ICE_SERVERS', '{"urls":1}'],
  ['PATHFOLD_TURN_URLS', 'stun:a.example'],
  ['PATHFOLD_TURN_URLS', 'turn:a.example, b.example'],
  ['PATHFOLD_TURN_URLS', 'turn:user@a.example'],
  ['PATHFOLD_TURN_SECRET', 'two words'],
  ['PATHFOLD_TURN_CHEAP', 'yes'],
  ['BLOB_PUBLIC_URL', 'blobs.example.org'],
  ['BLOB_PUBLIC_URL', 'https://blobs.example.org/?key=1'],
  ['PATHFOLD_TRUSTED_VOLUNTEERS', 'my laptop'],
  ['PATHFOLD_NO_STARTER', 'yes'],
  ['PATHFOLD_ANSWER_SECONDS', '10'],
  ['PATHFOLD_ANSWER_SECONDS', '0,3,60'],
  ['PATHFOLD_ANSWER_SECONDS', '10,3,3601'],
  ['LOG_LEVEL', 'loud'],
])('%s=%s stops the start with a sentence', (name, value) => {
  const read = () => readConfig({ [name]: value });
  expect(read).toThrow(StartError);
  expect(read).toThrow(new RegExp(`^${name} is .*; allowed is .*\\.$`));
});

test.each(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'])('%s: HOST is no address of this machine', (code) => {
  const error = listenError(Object.assign(new Error(code), { code }), { port: 1, host: 'fe80::1' });
  expect(error).toBeInstanceOf(StartError);
  expect(error.message).toMatch(/^HOST is fe80::1, which/);
});

test('secrets are not repeated', () => {
  expect(() => readConfig({ PATHFOLD_OPERATOR_TOKEN: 'hunter 2' })).toThrow('a value that is not shown');
});

test('a short secret is taken, with a warning that does not repeat it', () => {
  const config = readConfig({ PATHFOLD_OPERATOR_TOKEN: 'secret-token', PATHFOLD_PROMPT_KEY: 'a'.repeat(16) });
  expect(config.operatorToken).toBe('secret-token');
  expect(warningsOf(config)).toEqual([expect.stringMatching(/^PATHFOLD_OPERATOR_TOKEN is shorter than 16 characters/)]);
  expect(warningsOf(readConfig({}))).toEqual([]);
});

test('proxies are trusted by number, address or network', () => {
  expect(readConfig({ TRUST_PROXY: '10.0.0.1, fd00::/8' }).trustProxy).toBe('10.0.0.1, fd00::/8');
  expect(readConfig({ TRUST_PROXY: 'true' }).trustProxy).toBe(true);
});

const TURN = {
  PATHFOLD_TURN_URLS: 'turn:a.example:3478?transport=udp, turns:[fd00::1]',
  PATHFOLD_TURN_SECRET: 'x'.repeat(20),
};

test('TURN servers and their secret come together, and the secret is never repeated', () => {
  expect(readConfig(TURN)).toMatchObject({
    turn: { urls: ['turn:a.example:3478?transport=udp', 'turns:[fd00::1]'], secret: 'x'.repeat(20) },
    turnIsCheap: false,
  });
  for (const [name, value] of Object.entries(TURN))
    expect(() => readConfig({ [name]: value })).toThrow(/^PATHFOLD_TURN_URLS and PATHFOLD_TURN_SECRET go together/);
  const bad = { ...TURN, PATHFOLD_TURN_SECRET: 'hunter 2', PATHFOLD_ICE_SERVERS: '{"credential":"hunter 2"}' };
  expect(() => readConfig(bad)).toThrow('a value that is not shown');
  expect(() => readConfig({ PATHFOLD_ICE_SERVERS: bad.PATHFOLD_ICE_SERVERS })).toThrow('a value that is not shown');
});

test('what is handed to everybody, guessed, or without effect is warned of', () => {
  const fixed = JSON.stringify([{ urls: 'turn:a.example', username: 'all', credential: 'hunter2' }]);
  const warned = (env: Record<string, string>) => warningsOf(readConfig(env));
  expect(warned({ PATHFOLD_ICE_SERVERS: fixed, PATHFOLD_TURN_CHEAP: '1' })).toEqual([
    expect.stringMatching(/^PATHFOLD_ICE_SERVERS holds a username or credential: every volunteer gets it/),
  ]);
  expect(warned({ PATHFOLD_ICE_SERVERS: fixed }).join()).not.toContain('hunter2');
  expect(warned({ PATHFOLD_TURN_CHEAP: '1' })).toEqual([expect.stringContaining('it changes nothing')]);
  expect(warned({ ...TURN, PATHFOLD_TURN_SECRET: 'short' })).toEqual([
    expect.stringMatching(/^PATHFOLD_TURN_SECRET is shorter than 16/),
  ]);
  expect(warned({ ...TURN, PATHFOLD_TURN_CHEAP: '1' })).toEqual([]);
});

test('public blobs are elsewhere, where pages of this coordinator may follow', () => {
  const read = (env: Record<string, string>) => readConfig(env).blobPublicUrl?.href;
  expect(read({ BLOB_PUBLIC_URL: 'https://b.example/under' })).toBe('https://b.example/under/');
  const PUBLIC_URL = 'https://train.example.org';
  expect(() => read({ PUBLIC_URL, BLOB_PUBLIC_URL: `${PUBLIC_URL}/api/v1/blobs` })).toThrow('at PUBLIC_URL itself');
  expect(() => read({ PUBLIC_URL, BLOB_PUBLIC_URL: 'http://b.example' })).toThrow('allowed is an https address');
});
