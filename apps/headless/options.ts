import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ComputeChoice } from '@pathfold/coordination/volunteer/state';

export const HELP = `Lends this machine to a Pathfold coordinator.

  npm run volunteer -- --url URL [options]

  --url URL          the coordinator, for example https://train.example.org/
  --throttle X       share of the time to compute in, from 0.05 to 1 (default 1)
  --name NAME        a name for the coordinator's lists, at most 40 characters
  --compute CHOICE   automatic, gpu or cpu (default automatic)
  --data DIR         folder for the identity, fetched modules and unfinished uploads (default: volunteer in
                     PATHFOLD_DATA_DIR or .pathfold; volunteer-2, volunteer-3 … for more at a time on one machine)
  --prefer RUN       id of the run to work for rather than others (default none)
  --share            pass modules to and from other volunteers; they see this machine's address
  --upload-limit N   pass at most N bytes a second to other volunteers, at least 16384 (default: any)
  --answer           answer prompts of visitors: their texts pass through this machine
  --id               print this machine's id, for an operator who vouches for it, and end
  --help             this text

Ctrl-C hands in what was done or gives it back, and stops. A second Ctrl-C stops at once.
`;

export interface Options {
  readonly url: URL;
  readonly throttle: number;
  readonly name: string;
  readonly choice: ComputeChoice;
  /** Folders of which the first is taken that no other volunteer uses. */
  readonly dataDirs: readonly string[];
  readonly share: boolean;
  /** To other volunteers, bytes a second; null for any. */
  readonly uploadLimit: number | null;
  readonly answer: boolean;
  readonly prefer: string | null;
}

/** With less a peer would be taken for a dead one. */
const LEAST_UPLOAD_LIMIT = 16_384;
/** Volunteers of one machine that find a folder by themselves. */
const MOST_FOLDERS = 64;

/** Where volunteers of this machine have their folders, unless they say where. */
function ownFolders(): string[] {
  const first = join(process.env['PATHFOLD_DATA_DIR'] || '.pathfold', 'volunteer');
  return Array.from({ length: MOST_FOLDERS }, (_, i) => (i === 0 ? first : `${first}-${i + 1}`));
}

/** A command line that cannot be obeyed; the message is one sentence. */
export class UsageError extends Error {}

/** The folder of the identity whose id is asked for; null when none is. Throws `UsageError`. */
export function askedIdentity(args: readonly string[]): string | null {
  const { id, help, data } = parse(args).values;
  return id && !help ? (data ?? ownFolders()[0]!) : null;
}

/** Reads the command line; null when help is asked for. Throws `UsageError`. */
export function readOptions(args: readonly string[]): Options | null {
  const { values } = parse(args);
  if (values.help) return null;
  if (values.url === undefined) throw new UsageError('Say which coordinator to join: --url URL.');
  const url = URL.canParse(values.url) ? new URL(values.url) : null;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--url must be an http or https address, not "${values.url}".`);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  const throttle = Number(values.throttle);
  if (!(throttle >= 0.05 && throttle <= 1))
    throw new UsageError(`--throttle must be a number from 0.05 to 1, not "${values.throttle}".`);
  const choice = (['automatic', 'gpu', 'cpu'] as const).find((known) => known === values.compute);
  if (!choice) throw new UsageError(`--compute must be automatic, gpu or cpu, not "${values.compute}".`);
  if (values.name.length > 40) throw new UsageError('--name must have at most 40 characters.');
  const uploadLimit = values['upload-limit'] === undefined ? null : Number(values['upload-limit']);
  if (uploadLimit !== null && !(uploadLimit >= LEAST_UPLOAD_LIMIT && uploadLimit < Number.POSITIVE_INFINITY))
    throw new UsageError(
      `--upload-limit must be a number of bytes a second from ${LEAST_UPLOAD_LIMIT} on, not "${values['upload-limit']}".`,
    );
  return {
    url,
    throttle,
    name: values.name,
    choice,
    dataDirs: values.data === undefined ? ownFolders() : [values.data],
    share: values.share,
    uploadLimit,
    answer: values.answer,
    prefer: values.prefer ?? null,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: { type: 'string' },
        throttle: { type: 'string', default: '1' },
        name: { type: 'string', default: 'headless' },
        compute: { type: 'string', default: 'automatic' },
        data: { type: 'string' },
        share: { type: 'boolean', default: false },
        'upload-limit': { type: 'string' },
        answer: { type: 'boolean', default: false },
        prefer: { type: 'string' },
        id: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(String((error as Error).message).split('\n')[0]);
  }
}
