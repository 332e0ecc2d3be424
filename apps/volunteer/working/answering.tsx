import { Choice } from '@pathfold/ui/controls/field';
import { formatCount, plural } from '@pathfold/ui/formats';
import type { Snapshot } from '@pathfold/volunteer/snapshot';
import { briefWords } from '@pathfold/volunteer/works';

/** Whether prompts of strangers are answered here: off until it is ticked. */
export function AnsweringChoice({
  checked,
  onChange,
}: {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}) {
  return (
    <Choice
      label="Answer prompts of visitors"
      hint="People on the Ask page may then let this machine write their answer, beside its other work. What they ask passes through here as numbers of words: anyone at this machine could read it. Nothing of it is kept or shown."
      checked={checked}
      onChange={onChange}
    />
  );
}

/** That strangers' prompts are answered here, now and so far in this visit. */
export function AnsweringNow({ answering }: { readonly answering: Snapshot['answering'] }) {
  const { on, now, answers } = answering;
  if (!on) return null;
  const doing = now
    ? `${briefWords.doing} by path ${now.path}; ${briefWords.counts} so far: ${formatCount(now.tokens)}.`
    : 'Ready to answer prompts of visitors.';
  return (
    <p className="text-sm">
      {doing} <span className="text-soft">{plural(answers, 'prompt')} answered in this visit.</span>
    </p>
  );
}
