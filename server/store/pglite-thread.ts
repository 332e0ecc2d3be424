import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/** Statements to the thread, one answer each, in order; `null` closes the database and ends the thread. */
export type Statement = { readonly sql: string; readonly parameters: readonly unknown[] } | null;
export type Answer = { readonly rows: unknown[]; readonly affectedRows: number } | { readonly error: Error };

const INT8 = 20;
const pglite = new PGlite({ dataDir: workerData as string, parsers: { [INT8]: Number } });
const port = parentPort!;

const answer = async (statement: Statement): Promise<Answer> => {
  try {
    await pglite.waitReady;
    if (!statement) {
      await pglite.close();
      return { rows: [], affectedRows: 0 };
    }
    const { rows, affectedRows } = await pglite.query(statement.sql, [...statement.parameters]);
    return { rows, affectedRows: affectedRows ?? 0 };
  } catch (error) {
    return { error: error as Error };
  }
};

let last: Promise<void> = Promise.resolve();
port.on('message', (statement: Statement) => {
  last = last.then(async () => {
    port.postMessage(await answer(statement));
    if (!statement) port.close();
  });
});
