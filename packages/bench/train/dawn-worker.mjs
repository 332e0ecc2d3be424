import { register } from 'tsx/esm/api';

// A thread's first module must be JavaScript; from here on TypeScript can be imported.
register();
// Not a dependency: whoever wants it installs it.
const optional = 'webgpu';
const { create, globals } = await import(optional);
Object.assign(globalThis, globals);
Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) } });
await import('./dawn-worker.ts');
