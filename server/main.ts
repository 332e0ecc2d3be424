import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { buildApp } from './app.ts';
import { listenError, readConfig, StartError, warningsOf } from './config.ts';
import { openCoordinator } from './coordinator.ts';
import { localOrigin } from './security/hosts.ts';

const STOP_MS = 10_000;
const REDACTED = [
  'req.headers.authorization',
  'req.headers.cookie',
  '*.token',
  '*.code',
  '*.signature',
  '*.credential',
  '*.secret',
];

async function start(): Promise<void> {
  const config = readConfig(process.env, process.argv.includes('--dev'));
  for (const warning of warningsOf(config)) console.error(`Warning: ${warning}`);
  const log = pino({ level: config.logLevel, redact: REDACTED }, pino.destination(2));
  const coordinator = await openCoordinator(config, {
    log,
    onFatal(error) {
      if (error instanceof StartError) fail(error);
      log.fatal({ err: error }, 'the log cannot be written any more');
      console.error(`The coordinator stops: ${(error as Error).message}`);
      process.exit(1);
    },
  });
  const app = await buildApp(coordinator, log);

  let stopping = false;
  const stop = async (code: number) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_MS).unref();
    await app.close();
    await coordinator.close();
    process.exit(code);
  };
  process.on('SIGINT', () => void stop(0));
  process.on('SIGTERM', () => void stop(0));
  // Whoever started it holds the other end, and may be killed without a word.
  if (process.env['PATHFOLD_STOP_WITH_STDIN'] === '1') process.stdin.resume().on('close', () => void stop(0));

  try {
    await app.listen({ port: config.port, host: config.host });
  } catch (error) {
    await coordinator.close();
    throw listenError(error as NodeJS.ErrnoException, config);
  }
  const { port } = app.server.address() as AddressInfo;
  const localUrl = localOrigin(config.host, port);
  const url = config.publicUrl?.origin ?? localUrl;
  const signInUrl = `${url}/operator#code=${coordinator.operatorKeys.newSignInCode()}`;
  console.log(`PATHFOLD_READY ${JSON.stringify({ url, signInUrl, localUrl })}`);
}

function fail(error: unknown): never {
  console.error(error instanceof StartError ? error.message : error);
  process.exit(1);
}

await start().catch(fail);
