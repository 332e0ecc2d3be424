import { openStore } from './store.ts';

/** A process that opens the store in the folder that it is given, appends for ever, and prints what is acknowledged. */
const store = await openStore({ dataDir: process.argv[2]!, databaseUrl: null });
await store.events.open();
const { seq } = await store.events.load();
let next = seq + 1;
for (;;) {
  const batch = Array.from({ length: 5 }, () => {
    const event = { at: next, type: 'VolunteerJoined', volunteer: `v${next}`, name: '', agent: 'node' } as const;
    next++;
    return store.events.append([event]);
  });
  const acknowledged = await Promise.all(batch);
  process.stdout.write(`${acknowledged.at(-1)}\n`);
}
