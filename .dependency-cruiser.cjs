// The import rules: read from the table in docs/ARCHITECTURE.md, so that the page and the check cannot differ.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const TOP = /^(apps|server|e2e)\b/;
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
    const any = allowed.startsWith('any package');
    const excepted = any && names(allowed);
    const to = any
      ? { path: [...excepted.map(pattern), '^(apps|server|e2e)/'], pathNot: [pattern(room)] }
      : { path: ['^(packages|apps|server|e2e)/'], pathNot: [...names(allowed), room].map(pattern) };
    rules.push({
      name: `${room}-imports`,
      comment: `${room} may import: ${allowed}`,
      severity: 'error',
      from: { path: pattern(room), pathNot: '\\.test\\.tsx?$' },
      to,
    });
  }

module.exports = {
  forbidden: [
    ...rules,
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
