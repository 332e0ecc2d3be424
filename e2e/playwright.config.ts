import { defineConfig } from '@playwright/test';

/** Real browsers, a real server, real training. Each file has its own coordinators; two files run at a time. */
export default defineConfig({
  testDir: '.',
  outputDir: '../.tmp/e2e',
  workers: 2,
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
