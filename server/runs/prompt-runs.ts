import { pathIds } from '@pathfold/checkpoint/levels';
import { isModelRun } from '@pathfold/coordination/study-run';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { keptAnswer } from '@pathfold/works/module-refs';
import type { Host } from '../host.ts';
import type { PromptRun, PromptRuns } from '../prompts/runs.ts';
import type { RunEntry, RunRegistry } from './registry.ts';

const unprepared = ({ id, spec, createdAt, corpus }: RunEntry): PromptRun => ({
  ...{ id, spec, createdAt, corpusName: corpus.name, paths: pathIds(levelsOf(spec)) },
  ...{ modules: [], tokenizer: null, base: null, router: null },
});

/** The runs of a language model; those that are prepared can be prompted and exported, and are listed. */
export function promptRuns({ registry, host }: { readonly registry: RunRegistry; readonly host: Host }): PromptRuns {
  const of = (entry: RunEntry | undefined): PromptRun | null => {
    const facts = entry && host.state.runs[entry.id]?.facts;
    if (!entry || (facts && !isModelRun(facts))) return null;
    if (!facts) return unprepared(entry);
    return {
      id: entry.id,
      spec: facts.spec,
      createdAt: entry.createdAt,
      corpusName: entry.corpus.name,
      kept: Object.fromEntries(
        Object.keys(facts.paths).flatMap((id) => {
          const modules = keptAnswer(facts, id);
          return modules ? [[id, modules]] : [];
        }),
      ),
      modules: Object.entries(facts.modules).map(([name, { version, blob }]) => ({ name, version, ...blob })),
      paths: Object.keys(facts.paths),
      tokenizer: facts.tokenizer,
      base: facts.base,
      router: facts.routing?.router ?? null,
    };
  };
  return {
    get: async (id) => of(registry.get(id)),
    list: async () => registry.list().flatMap((entry) => (host.state.runs[entry.id] && of(entry)) ?? []),
  };
}
