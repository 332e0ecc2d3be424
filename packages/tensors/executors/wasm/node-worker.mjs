import { register } from 'tsx/esm/api';

// A thread's first module must be JavaScript; from here on TypeScript can be imported.
register();
await import('./node-worker.ts');
