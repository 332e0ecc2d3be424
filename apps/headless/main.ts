import { createVolunteer, type Volunteer } from '@pathfold/volunteer/volunteer';
import { idIn, openMachine } from './machine.ts';
import { askedIdentity, HELP, type Options, readOptions, UsageError } from './options.ts';
import { createReporter } from './report.ts';

/** How long a stop may take until it is forced. */
const PATIENCE_MS = 15_000;
/** A terminal and the process that started this one may both pass the same Ctrl-C on. */
const SAME_SIGNAL_MS = 500;

/** 1 is what Node ends with where something went wrong; who is refused need not be started again (packages/cli/start.mjs). */
const EXIT = { clean: 0, usage: 2, refused: 3 } as const;

/** Runs a volunteer until it is stopped or refused; answers the exit code. */
async function run(options: Options): Promise<number> {
  // A report that nobody reads any more is no reason to lose the work in hand.
  process.stdout.on('error', () => {});
  const { ports, compute } = await openMachine(options);
  const volunteer = await createVolunteer(ports);
  volunteer.setThrottle(options.throttle);
  volunteer.limitUpload(options.uploadLimit);
  volunteer.setSharing(options.share);
  volunteer.setAnswering(options.answer);
  volunteer.prefer(options.prefer);
  volunteer.start(options.choice);
  volunteer.subscribe(createReporter(process.stdout));
  const ending = endOf(volunteer);
  stopOnSignals(volunteer);
  const code = await ending;
  compute.kill();
  if (process.stdout.isTTY) process.stdout.write('\n');
  return code;
}

/** Resolves when the volunteer has stopped, or may not take part. */
const endOf = (volunteer: Volunteer): Promise<number> =>
  new Promise((resolve) => {
    volunteer.subscribe(({ status, wish, connected, work }) => {
      if (work || connected) return;
      if (status.code === 'refused') resolve(EXIT.refused);
      else if (wish === 'stopped') resolve(EXIT.clean);
    });
  });

/** The first signal hands in what was done and stops; a second one, or impatience, stops at once. */
function stopOnSignals(volunteer: Volunteer): void {
  let firstAt: number | null = null;
  const stop = () => {
    const now = performance.now();
    if (firstAt !== null && now - firstAt < SAME_SIGNAL_MS) return;
    if (firstAt !== null) return volunteer.stopNow();
    firstAt = now;
    volunteer.pause();
    volunteer.finish();
    setTimeout(() => volunteer.stopNow(), PATIENCE_MS).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // Whoever started it holds the other end, and may be killed without a word.
  if (process.env['PATHFOLD_STOP_WITH_STDIN'] === '1') process.stdin.resume().on('close', stop);
}

try {
  const args = process.argv.slice(2);
  const asked = askedIdentity(args);
  const options = asked === null ? readOptions(args) : null;
  if (options) process.exit(await run(options));
  process.stdout.write(asked === null ? HELP : `${await idIn(asked)}\n`);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(EXIT.usage);
}
