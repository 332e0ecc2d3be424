import { execFileSync, spawnSync } from 'node:child_process';

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' });

/** Why this machine cannot make network namespaces with links between them, in one sentence; null when it can. */
export const whyNoNamespaces = (): string | null => {
  const name = `pfprobe${process.pid}`;
  const tried = [
    ['netns', 'add', name],
    ['link', 'add', `${name}a`, 'type', 'veth', 'peer', 'name', `${name}b`, 'netns', name],
  ];
  const failed = tried
    .map((args) => ({ args, ...spawnSync('ip', args, { encoding: 'utf8' }) }))
    .find((one) => one.status);
  spawnSync('ip', ['netns', 'del', name]);
  if (!failed) return null;
  const said = failed.error?.message ?? failed.stderr.trim();
  return `network namespaces cannot be made here: "ip ${failed.args.join(' ')}" says "${said}".`;
};

/** A network of its own for one volunteer: a link to this machine that can be slow, lose packets, or be cut. */
export class Namespace {
  readonly name: string;
  /** Address of this machine, on the link. */
  readonly address: string;
  readonly #link: string;

  /** `index`: 1 to 250, one for each namespace that is open at a time. */
  constructor(index: number) {
    const id = `pf${process.pid % 100_000}n${index}`;
    this.name = id;
    this.#link = `${id}h`;
    this.address = `10.213.${index}.1`;
    ip('netns', 'add', id);
    ip('link', 'add', this.#link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', id);
    ip('addr', 'add', `${this.address}/30`, 'dev', this.#link);
    ip('link', 'set', this.#link, 'up');
    ip('-n', id, 'addr', 'add', `10.213.${index}.2/30`, 'dev', 'eth0');
    for (const device of ['lo', 'eth0']) ip('-n', id, 'link', 'set', device, 'up');
    this.#route();
  }

  /** Adds latency and loss both ways; answers why not when the kernel lacks netem. */
  impair(delayMs: number, lossPercent: number): string | null {
    const netem = ['root', 'netem', 'delay', `${delayMs}ms`, 'loss', `${lossPercent}%`];
    const inside = spawnSync('tc', ['-n', this.name, 'qdisc', 'add', 'dev', 'eth0', ...netem], { encoding: 'utf8' });
    if (inside.status !== 0) return inside.error?.message ?? inside.stderr.trim().split('\n')[0]!;
    execFileSync('tc', ['qdisc', 'add', 'dev', this.#link, ...netem]);
    return null;
  }

  /** Nothing passes, and neither side is told. */
  cut(): void {
    ip('-n', this.name, 'link', 'set', 'eth0', 'down');
  }

  mend(): void {
    ip('-n', this.name, 'link', 'set', 'eth0', 'up');
    this.#route();
  }

  remove(): void {
    spawnSync('ip', ['netns', 'del', this.name]);
    spawnSync('ip', ['link', 'del', this.#link]);
  }

  #route(): void {
    ip('-n', this.name, 'route', 'add', 'default', 'via', this.address);
  }
}
