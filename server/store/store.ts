import { type Corpora, corporaOf } from './corpora.ts';
import { type Database, openDatabase } from './database.ts';
import { EventLog, type EventStore } from './event-log.ts';
import { type Lists, listsOf } from './lists.ts';
import { Projector } from './projector.ts';
import { type Settings, settingsOf } from './settings.ts';

/** Everything durable but the blobs. */
export interface Store {
  readonly events: EventStore;
  readonly lists: Lists;
  readonly corpora: Corpora;
  readonly settings: Settings;
  /** Waits for what is being appended, then lets go of the database. */
  close(): Promise<void>;
}

/**
 * Opens the store: PostgreSQL at `databaseUrl`, or else PGlite in `dataDir`. Throws StartError when another
 * coordinator holds it. `events.open()` comes before any other use of the events and lists.
 */
export const openStore = async (options: {
  readonly dataDir: string;
  readonly databaseUrl: string | null;
}): Promise<Store> => storeOn(await openDatabase(options));

/** The store in an opened database, which it closes. */
export const storeOn = ({ db, close }: Database): Store => {
  const projector = new Projector(db);
  const events = new EventLog(db, projector);
  return {
    events,
    lists: listsOf(db, () => projector.catchUp()),
    corpora: corporaOf(db),
    settings: settingsOf(db),
    async close() {
      await events.settled();
      await projector.close();
      await close();
    },
  };
};
