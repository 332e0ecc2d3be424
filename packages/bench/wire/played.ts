import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Played } from './loss.ts';
import type { Setting } from './settings.ts';

/** Runs that were played, by setting, arm and seed; each is a line of JSON in a file where there is one. */
export class PlayedRuns {
  readonly #file: string | undefined;
  readonly #known = new Map<string, Played>();

  constructor(file?: string) {
    this.#file = file;
    if (!file || !existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      const { setting, arm, seed, ...played } = JSON.parse(line);
      this.#known.set(keyOf(setting, arm, seed), played);
    }
  }

  get(setting: Setting, arm: string, seed: number): Played | undefined {
    return this.#known.get(keyOf(setting, arm, seed));
  }

  add(setting: Setting, arm: string, seed: number, played: Played): void {
    this.#known.set(keyOf(setting, arm, seed), played);
    if (this.#file) appendFileSync(this.#file, `${JSON.stringify({ setting, arm, seed, ...played })}\n`);
  }
}

const keyOf = (setting: Setting, arm: string, seed: number): string => JSON.stringify([setting, arm, seed]);
