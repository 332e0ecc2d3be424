// Runs a TypeScript entry after installing what is missing: node packages/cli/run.mjs FILE [arguments]
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { checkNode, ensurePackages, root } from './prepare.mjs';

checkNode();
await ensurePackages();
const [file, ...args] = process.argv.slice(2);
const child = spawn(process.execPath, ['--import', 'tsx', join(root, file), ...args], { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
