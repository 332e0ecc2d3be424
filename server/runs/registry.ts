import { RunSpec } from '@pathfold/protocol/run-spec';
import * as z from 'zod';
import { unreadable } from '../config.ts';
import type { Settings } from '../store/settings.ts';

/** Facts about a run outside the mind: its origin, and how its preparation went. */
export const RunEntry = z.strictObject({
  id: z.string(),
  spec: RunSpec,
  createdAt: z.string(),
  corpus: z.strictObject({ id: z.string(), name: z.string(), licence: z.string() }),
  baselines: z.strictObject({ unigramBitsPerByte: z.number(), bigramBitsPerByte: z.number() }).nullable(),
  /** The study that is its work; null for a language model. */
  study: z.strictObject({ name: z.string(), config: z.json() }).nullable().default(null),
  /** The run that its base comes from. */
  baseRun: z.string().nullable(),
  preparation: z.enum(['running', 'done', 'failed']),
  /** How far the preparation is, or why it failed. */
  reason: z.string().nullable(),
});
export type RunEntry = z.infer<typeof RunEntry>;

/** All runs, the newest first, kept in the settings. */
export interface RunRegistry {
  list(): readonly RunEntry[];
  get(id: string): RunEntry | undefined;
  /** Adds a run or changes one; durable once it resolves. */
  save(entry: RunEntry): Promise<void>;
  /** Changes a run, durable once it resolves; nothing happens when it was deleted. */
  update(entry: RunEntry): Promise<void>;
  /** Shows progress; it need not outlive a restart. */
  note(id: string, reason: string): void;
  delete(id: string): Promise<void>;
}

const SETTING = 'runs';

/**
 * Throws StartError when an entry cannot be read: without it the log's run would count as deleted, what is private of it
 * would be shown, and the texts that it trains on could be deleted.
 */
function read(stored: string): readonly RunEntry[] {
  const raw = JSON.parse(stored);
  const result = z.array(RunEntry).safeParse(raw);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const [index, ...field] = path;
  const entry = index === undefined ? null : raw[index];
  const known = entry?.id
    ? `The run ${entry.id} (${entry.spec?.name ?? 'no name'})`
    : `Entry ${String(index)} of the runs`;
  const which = index === undefined ? 'The list of runs' : known;
  const where = field.length > 0 ? `${field.join('.')}: ` : '';
  throw unreadable(`${which} cannot be read from the database: ${where}${message}`);
}

export async function openRunRegistry(settings: Settings): Promise<RunRegistry> {
  const stored = await settings.get(SETTING);
  let entries = stored === null ? [] : read(stored);
  let saving: Promise<unknown> = Promise.resolve();
  const write = async () => {
    saving = saving.catch(() => {}).then(() => settings.set(SETTING, JSON.stringify(entries)));
    await saving;
  };
  const replace = (entry: RunEntry) => {
    const known = entries.some(({ id }) => id === entry.id);
    entries = known ? entries.map((old) => (old.id === entry.id ? entry : old)) : [entry, ...entries];
  };
  return {
    list: () => entries,
    get: (id) => entries.find((entry) => entry.id === id),
    async save(entry) {
      replace(entry);
      await write();
    },
    async update(entry) {
      if (!entries.some(({ id }) => id === entry.id)) return;
      replace(entry);
      await write();
    },
    note(id, reason) {
      const entry = entries.find((one) => one.id === id);
      if (entry) replace({ ...entry, reason });
    },
    async delete(id) {
      entries = entries.filter((entry) => entry.id !== id);
      await write();
    },
  };
}
