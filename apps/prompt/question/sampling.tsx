import { Slider, TextField } from '@pathfold/ui/controls/field';
import { Card } from '@pathfold/ui/layout/card';

/** How the next answer is drawn. `seed` is what stands in the field: empty for a new one each time. */
export interface SamplingChoice {
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  readonly seed: string;
}

export const START_CHOICE: SamplingChoice = { temperature: 0.8, topP: 0.95, maxTokens: 200, seed: '' };

/** The seed to use: the one asked for, else a new one; null when the field holds something else. */
export const seedOf = ({ seed }: SamplingChoice): number | null => {
  if (seed.trim() === '') return Math.floor(Math.random() * 2 ** 31);
  return /^\d{1,9}$/.test(seed.trim()) ? Number(seed) : null;
};

export function SamplingCard({
  choice,
  onChange,
}: {
  readonly choice: SamplingChoice;
  readonly onChange: (choice: SamplingChoice) => void;
}) {
  const set = (part: Partial<SamplingChoice>) => onChange({ ...choice, ...part });
  return (
    <Card title="How it is drawn">
      <div className="grid gap-5">
        <Slider
          label="Temperature"
          hint="At 0 the likeliest token always; higher is more surprising."
          value={choice.temperature}
          text={choice.temperature.toFixed(2)}
          min={0}
          max={2}
          step={0.05}
          onChange={(temperature) => set({ temperature })}
        />
        <Slider
          label="Top-p"
          hint="Draws from the likeliest tokens that share this much of the probability."
          value={choice.topP}
          text={choice.topP.toFixed(2)}
          min={0.05}
          max={1}
          step={0.05}
          onChange={(topP) => set({ topP })}
        />
        <Slider
          label="Longest answer"
          value={choice.maxTokens}
          text={`${choice.maxTokens}`}
          hint="In tokens."
          min={20}
          max={1000}
          step={20}
          onChange={(maxTokens) => set({ maxTokens })}
        />
        <TextField
          label="Seed"
          hint="The same seed, prompt and round give the same answer. Empty: a new one each time."
          error={seedOf(choice) === null ? 'A whole number of at most nine digits.' : undefined}
          value={choice.seed}
          inputMode="numeric"
          autoComplete="off"
          onChange={(event) => set({ seed: event.target.value })}
        />
      </div>
    </Card>
  );
}
