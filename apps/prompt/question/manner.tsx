import { Choice, Select, Slider } from '@pathfold/ui/controls/field';
import { Card } from '@pathfold/ui/layout/card';
import { Notice } from '@pathfold/ui/layout/notice';

/** The choice of the computer for the next answer, and whether its path may change. */
export interface MannerChoice {
  readonly by: 'browser' | 'network';
  readonly reroute: boolean;
  readonly every: number;
}

export const START_MANNER: MannerChoice = { by: 'browser', reroute: false, every: 32 };

export function MannerCard({
  choice,
  reroutes,
  refusal,
  onChange,
}: {
  readonly choice: MannerChoice;
  /** Whether this run can choose a path again in the midst of an answer. */
  readonly reroutes: boolean;
  /** Why no volunteer can be asked; null where one can. */
  readonly refusal: string | null;
  readonly onChange: (choice: MannerChoice) => void;
}) {
  const set = (part: Partial<MannerChoice>) => onChange({ ...choice, ...part });
  const byNetwork = choice.by === 'network' && refusal === null;
  return (
    <Card title="Who answers">
      <div className="grid gap-5">
        <Select<MannerChoice['by']>
          label="Computed by"
          value={byNetwork ? 'network' : 'browser'}
          options={[
            { value: 'browser', label: 'this browser' },
            { value: 'network', label: 'a volunteer of the network', disabled: refusal !== null },
          ]}
          hint={byNetwork ? undefined : `The model comes here, and your prompt stays here. ${refusal ?? ''}`}
          onChange={(by) => set({ by })}
        />
        {byNetwork && (
          <Notice tone="warning" title="A stranger will read your prompt.">
            It goes to this coordinator and from there to a volunteer who happens to be free, and their answer comes
            back the same way. Send nothing that is not for everybody’s eyes. Where no volunteer answers in time, the
            coordinator does. Nobody checks that what a volunteer writes is what the model would say.
          </Notice>
        )}
        {reroutes && (
          <Choice
            label="Choose the path again while it answers"
            hint={
              byNetwork
                ? 'A volunteer answers by one path to the end.'
                : 'By the router, from everything read so far, the answer itself included. A path that fits it better is fetched. In our study it lowered the perplexity of texts by 1 to 3 %; written answers were not compared.'
            }
            checked={choice.reroute && !byNetwork}
            disabled={byNetwork}
            onChange={(reroute) => set({ reroute })}
          />
        )}
        {reroutes && choice.reroute && !byNetwork && (
          <Slider
            label="Choose again every"
            hint="In tokens. Each choice reads the new ones through the base."
            value={choice.every}
            text={`${choice.every}`}
            min={8}
            max={128}
            step={8}
            onChange={(every) => set({ every })}
          />
        )}
      </div>
    </Card>
  );
}
