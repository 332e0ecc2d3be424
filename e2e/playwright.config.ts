import { defineConfig } from '@playwright/test';

/** Real browsers, a real server, real training. One test at a time: each has its own coordinator. */
export default defineConfig({
  testDir: '.',
  outputDir: '../.tmp/e2e',
  workers: 1,
  retries: 0,
  timeout: 600_000,
  expect: { timeout: 60_000 },
  reporter: [['list'], ['json']],
  projects: [
    { name: 'main', testMatch: '*.spec.ts' },
    { name: 'long', testMatch: '*.long.ts' },
    { name: 'record', testMatch: '*.record.ts' },
  ],
});
