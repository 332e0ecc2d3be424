// npm test and npm run test:long: each layer after the other, its minutes, one closing line.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkNode, ensurePackages, ensurePages, ensureSystem, found, root, stop } from './prepare.mjs';

const help = `npm test [-- LAYER ...]        types, lint, rules, dead, unit, simulation, integration, e2e
npm run test:long [-- LAYER ...]   long, long-e2e
Without a layer all of them run. One test in ten seconds: npx vitest run PATH -t NAME`;
const args = process.argv.slice(2);
if (args.includes('--help')) stop(help, 0);
const long = args.includes('--long');
const asked = args.filter((arg) => arg !== '--long');

const reports = mkdtempSync(join(tmpdir(), 'pathfold-test-'));
const tool = (name) => join(root, 'node_modules', '.bin', name);

/** Layers: a command that counts as one test, or a runner with a JSON report of its tests. */
const check = (command, ...rest) => ({ command: tool(command), args: rest });
const vitest = (name, ...rest) => ({
  command: tool('vitest'),
  args: ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${join(reports, `${name}.json`)}`, ...rest],
  count: () => {
    const { numPassedTests, numFailedTests, numFailedTestSuites, success } = read(name);
    return [numPassedTests, success ? 0 : Math.max(1, numFailedTests, numFailedTestSuites ? 1 : 0)];
  },
});
const playwright = (name, project) => ({
  command: tool('playwright'),
  args: ['test', '--config', 'e2e/playwright.config.ts', '--project', project],
  env: { PLAYWRIGHT_JSON_OUTPUT_NAME: join(reports, `${name}.json`) },
  count: () => {
    const { expected, unexpected, flaky } = read(name).stats;
    return [expected, unexpected + flaky];
  },
});
const read = (name) => JSON.parse(readFileSync(join(reports, `${name}.json`), 'utf8'));

const layers = long
  ? {
      long: vitest('long', '--config', 'vitest.long.config.ts'),
      'long-e2e': playwright('long-e2e', 'long'),
    }
  : {
      types: check('tsc', '-p', '.'),
      lint: check('biome', 'ci', '--colors=off', '.'),
      rules: check('depcruise', '--config', '.dependency-cruiser.cjs', 'apps', 'packages', 'server', 'e2e'),
      dead: check('knip'),
      unit: vitest('unit', 'packages', '--exclude', '**/simulator/**'),
      simulation: vitest('simulation', 'packages/coordination/simulator'),
      integration: vitest('integration', 'server', 'apps'),
      e2e: playwright('e2e', 'main'),
    };
const unknown = asked.find((name) => !(name in layers));
if (unknown) stop(`There is no layer ${unknown}: ${Object.keys(layers).join(', ')}.`, 2);

checkNode();
await ensurePackages();
await ensureSystem([
  { packages: ['chromium'], present: () => Boolean(process.env.PATHFOLD_CHROMIUM) || found('chromium') },
  { packages: ['python3-numpy'], present: () => spawnSync('/usr/bin/python3', ['-c', 'import numpy']).status === 0 },
  { packages: ['nginx-light', 'openssl'], present: () => found('nginx') && found('openssl') },
  ...(long
    ? [
        { packages: ['iproute2'], present: () => found('ip') && found('tc') },
        { packages: ['gcc', 'libc6-dev'], present: () => found('gcc') && existsSync('/usr/include/stdio.h') },
      ]
    : []),
]);
await ensurePages();

let passed = 0;
let failed = 0;
for (const [name, layer] of Object.entries(layers)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const began = Date.now();
  console.log(`\n== ${name}`);
  const child = spawn(layer.command, layer.args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...layer.env },
  });
  const code = await new Promise((resolve) => child.on('close', (exit) => resolve(exit ?? 1)));
  let counted = code === 0 ? [1, 0] : [0, 1];
  if (layer.count)
    try {
      counted = layer.count();
      if (code !== 0 && counted[1] === 0) counted[1] = 1;
    } catch {
      counted = [0, 1];
    }
  passed += counted[0];
  failed += counted[1];
  console.log(
    `== ${name}: ${counted[0]} passed, ${counted[1]} failed, ${((Date.now() - began) / 60_000).toFixed(1)} min`,
  );
}
rmSync(reports, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
