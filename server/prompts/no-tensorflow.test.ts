import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('no-tensorflow.fixture.ts', import.meta.url));

test('answering and exporting load ONNX Runtime and no module of TensorFlow.js, in any thread', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pathfold-coverage-'));
  const child = spawnSync(process.execPath, ['--import', 'tsx', SCRIPT], {
    // V8 writes which scripts each thread has loaded.
    env: { ...process.env, NODE_V8_COVERAGE: folder },
    encoding: 'utf8',
  });
  expect(child.stderr).toBe('');
  expect(child.status).toBe(0);
  const scripts = readdirSync(folder).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { result: { url: string }[] };
    return result.map(({ url }) => url);
  });
  rmSync(folder, { recursive: true });
  expect(scripts.some((url) => url.includes('onnxruntime-web'))).toBe(true);
  expect(scripts.filter((url) => url.includes('@tensorflow') || url.includes('tensors/executors'))).toEqual([]);
});
