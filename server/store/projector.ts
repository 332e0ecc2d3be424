import type { CoordinatorEvent } from '@pathfold/coordination/events';
import type { Kysely } from 'kysely';
import type { LoggedEvent } from './projections/writes.ts';
import { project } from './projections.ts';
import type { Tables } from './schema.ts';

const PAUSE_MS = 500;
const BATCH = 2000;

/**
 * Brings the tables that the lists are read from up to the log: by itself a moment after events were appended, and
 * before a read. How far they have come stands in the database and moves in the same transaction, so that a restart
 * goes on where it ended and each event is written once.
 */
export class Projector {
  readonly #db: Kysely<Tables>;
  #backlog: LoggedEvent[] = [];
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Takes up events that are in the log, in its order. */
  take(logged: readonly LoggedEvent[]): void {
    this.#backlog.push(...logged);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // A failure is kept, and the next reader meets it.
      this.catchUp().catch(() => {});
    }, PAUSE_MS);
  }

  /** Answers when the tables show every event that was taken up before this call. */
  async catchUp(): Promise<void> {
    const target = this.#backlog.at(-1)?.seq ?? 0;
    while ((this.#backlog[0]?.seq ?? Number.POSITIVE_INFINITY) <= target) {
      this.#running ??= this.#writeBacklog().finally(() => {
        this.#running = null;
      });
      await this.#running;
    }
  }

  /** Takes up what an earlier coordinator appended and did not come to write. */
  async open(): Promise<void> {
    const { seq } = await this.#db.selectFrom('projected').select('seq').executeTakeFirstOrThrow();
    for (let last = seq; ; ) {
      const rows = await this.#db
        .selectFrom('events')
        .select(['seq', 'event'])
        .where('seq', '>', last)
        .orderBy('seq')
        .limit(BATCH)
        .execute();
      if (rows.length === 0) return;
      this.take(rows.map((row) => ({ seq: row.seq, event: JSON.parse(row.event) as CoordinatorEvent })));
      await this.catchUp();
      last = rows.at(-1)!.seq;
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.catchUp();
    clearTimeout(this.#timer);
  }

  async #writeBacklog(): Promise<void> {
    const batch = this.#backlog.slice(0, BATCH);
    const last = batch.at(-1)!.seq;
    await this.#db.transaction().execute(async (trx) => {
      const { seq } = await trx.selectFrom('projected').select('seq').forUpdate().executeTakeFirstOrThrow();
      // Another coordinator that opened the log since has written some of them, or all.
      const missing = batch.filter((logged) => logged.seq > seq);
      if (missing.length === 0) return;
      await project(trx, missing);
      await trx.updateTable('projected').set({ seq: last }).execute();
    });
    this.#backlog = this.#backlog.slice(batch.length);
  }
}
