// The import rules: read from the table in docs/ARCHITECTURE.md, so that the page and the check cannot differ.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const TOP = /^(apps|server|e2e)\b/;
const TOP_FOLDER = '^(apps|server|e2e)/';
const TESTS = '\\.(test|fixture)\\.tsx?$';
const ANY_FOLDER = '^(packages|apps|server|e2e)/';
const folder = (room) => (TOP.test(room) ? room : `packages/${room}`);
/** `works/(any)/plan` becomes the pattern of a folder below packages, or of a file and those named after it: `plan-….ts`. */
const pattern = (room) => `^${folder(room).replace(/\*/g, '[^/]+')}(/|\\.tsx?$|-[^/.]+\\.ts$)`;

function tableOf(page) {
  const rows = [];
  let inside = false;
  for (const line of page.split('\n')) {
    if (/^\| room +\| may import +\|/.test(line)) inside = true;
    else if (inside && !line.startsWith('|')) inside = false;
    else if (inside && !line.startsWith('| ---')) {
      const [rooms, allowed] = line.split('|').slice(1, 3).map((cell) => cell.trim());
      rows.push({ rooms: names(rooms), allowed });
    }
  }
  if (rows.length === 0) throw new Error('docs/ARCHITECTURE.md has no table of imports');
  return rows;
}
const names = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]);

const rules = [];
for (const { rooms, allowed } of tableOf(readFileSync(join(__dirname, 'docs', 'ARCHITECTURE.md'), 'utf8')))
  for (const room of rooms) {
    const listed = names(allowed).map(pattern);
    const own = pattern(room);
    const to = allowed.startsWith('any package but')
      ? { path: [...listed, TOP_FOLDER], pathNot: [own] }
      : { path: [allowed.startsWith('any package') ? TOP_FOLDER : ANY_FOLDER], pathNot: [...listed, own] };
    rules.push({
      name: `${room}-imports`,
      comment: `${room} may import: ${allowed}`,
      severity: 'error',
      from: { path: pattern(room), pathNot: TESTS },
      to,
    });
  }

module.exports = {
  forbidden: [
    ...rules,
    {
      name: 'fixtures-are-for-tests',
      severity: 'error',
      from: { path: ANY_FOLDER, pathNot: [TESTS, '^(e2e|packages/bench)/'] },
      to: { path: '\\.fixture\\.tsx?$' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^virtual:|\\?' } },
    {
      name: 'one-door-to-tensorflow',
      severity: 'error',
      from: { pathNot: '^packages/(tensors/executors|bench)/' },
      to: { path: 'node_modules/@tensorflow/' },
    },
    {
      name: 'one-door-to-onnxruntime',
      severity: 'error',
      from: { pathNot: '^packages/inference/' },
      to: { path: 'node_modules/onnxruntime-web/' },
    },
    {
      name: 'one-door-to-simple-peer',
      severity: 'error',
      from: { pathNot: '^packages/swarm/' },
      to: { path: 'node_modules/simple-peer/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|data)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'] },
  },
};
