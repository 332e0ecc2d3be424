import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { type Bench, Missing } from './options.ts';

/** Benchmarks by name. */
const benches: Record<string, { about: string; load: () => Promise<Bench> }> = {
  train: {
    about: 'training steps: fair stock TensorFlow.js against our executors',
    load: async () => (await import('./train.ts')).run,
  },
  native: {
    about: 'a training step of the studies: WebAssembly kernels against those compiled for this machine',
    load: async () => (await import('./native.ts')).run,
  },
  f16: {
    about: 'what storing values in half precision would do to gradients',
    load: async () => (await import('./f16.ts')).run,
  },
  coordinator: {
    about: 'the coordinator under load: leases with 5,000 sockets, contributions to disk, delay of the socket loop',
    load: async () => (await import('./coordinator.ts')).run,
  },
  crowd: {
    about: 'how long the mind decides without a pause when work opens for 5,000 volunteers that wait',
    load: async () => (await import('./crowd.ts')).run,
  },
  swarm: {
    about: 'copies of each version that leave the coordinator: real volunteers that share, and over HTTPS alone',
    load: async () => (await import('./swarm.ts')).run,
  },
  outer: {
    about: 'outer optimizers with one, two and four replicas: where the defaults of a run come from',
    load: async () => (await import('./outer.ts')).run,
  },
  wire: {
    about: 'codecs of outer gradients: bytes, speed in Node and Chromium, and the loss of the same run',
    load: async () => (await import('./wire.ts')).run,
  },
};

const usage = `npm run bench -- NAME [--quick] [--json FILE] [--results FILE]\n\n${Object.entries(benches)
  .map(([name, { about }]) => `  ${name.padEnd(14)}${about}`)
  .join('\n')}`;

const misuse = (message: string): never => {
  console.error(message);
  process.exit(2);
};

const parse = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
        results: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    return misuse((error as Error).message);
  }
};

const { positionals, values } = parse();
const [name, ...more] = positionals;
if (more.length > 0) misuse(`One benchmark at a time, not ${positionals.join(' ')}.`);
if (!name || values.help) {
  console.log(usage);
  process.exit(0);
}
const bench = Object.hasOwn(benches, name)
  ? benches[name]!
  : misuse(`There is no benchmark named ${name}; there are ${Object.keys(benches).join(', ')}.`);

const run = await bench.load();
const { results, ratios } = await run({
  quick: values.quick,
  ...(values.results && { results: values.results }),
}).catch((error: unknown) => {
  if (error instanceof Missing) return misuse(error.message);
  throw error;
});
console.table(results);
console.table(ratios);
const machine = {
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryBytes: totalmem(),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
};
const line = JSON.stringify({ bench: name, results, ratios, machine });
console.log(line);
try {
  if (values.json) writeFileSync(values.json, `${line}\n`);
} catch (error) {
  misuse(`--json: ${(error as Error).message}`);
}
process.exit(0);
