import { useAnswered } from '@pathfold/ui/controls/answered';
import { Slider } from '@pathfold/ui/controls/field';

/** The share of the time that the device computes; it rests for the remainder. */
export function ThrottleSlider(props: { value: number; onChange: (value: number) => void }) {
  const [value, onChange] = useAnswered(props.value, props.onChange);
  return (
    <Slider
      label="Throttle"
      hint="Share of the time spent computing. Lower is cooler and quieter."
      min={0.1}
      max={1}
      step={0.05}
      value={value}
      text={`${Math.round(value * 100)} %`}
      onChange={onChange}
    />
  );
}
