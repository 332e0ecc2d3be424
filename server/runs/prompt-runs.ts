import type { Coordinator } from '../coordinator.ts';
import type { PromptRun, PromptRuns } from '../prompts/runs.ts';
import type { RunEntry } from './registry.ts';

/** The runs that can be prompted and exported: those of a language model, once they are prepared. */
export function promptRuns({ registry, host }: Pick<Coordinator, 'registry' | 'host'>): PromptRuns {
  const of = (entry: RunEntry | undefined): PromptRun | null => {
    const facts = entry && host.state.runs[entry.id]?.facts;
    if (!entry || !facts || entry.study) return null;
    return {
      id: entry.id,
      spec: facts.spec,
      createdAt: entry.createdAt,
      corpusName: entry.corpus.name,
      kept: Object.fromEntries(
        Object.entries(facts.paths).flatMap(([id, { kept }]) => (kept?.stopped ? [[id, kept.modules]] : [])),
      ),
      modules: Object.entries(facts.modules).map(([name, { version, blob }]) => ({ name, version, ...blob })),
      paths: Object.keys(facts.paths),
      tokenizer: facts.tokenizer,
      base: facts.base,
      router: facts.routing?.router ?? null,
      grown: facts.routing?.fitted !== undefined,
    };
  };
  return {
    get: async (id) => of(registry.get(id)),
    list: async () => registry.list().flatMap((entry) => of(entry) ?? []),
  };
}
