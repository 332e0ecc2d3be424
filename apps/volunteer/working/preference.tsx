import type { RunResource } from '@pathfold/protocol/resources';
import { Select } from '@pathfold/ui/controls/field';
import { useState } from 'react';

/** Which work the machine does rather than other work. Nothing is chosen beforehand. */
export function Preference({
  runs,
  onChange,
}: {
  readonly runs: readonly RunResource[];
  readonly onChange: (run: string | null) => void;
}) {
  const [chosen, setChosen] = useState('');
  if (runs.length < 2) return null;
  return (
    <Select
      label="Work rather for"
      hint="Other work is done only when this has none. It counts from the next piece of work on."
      value={chosen}
      onChange={(value) => {
        setChosen(value);
        onChange(value === '' ? null : value);
      }}
      options={[
        { value: '', label: 'whatever needs it most' },
        ...runs.map(({ id, name, study }) => ({ value: id, label: study ? `${name} (a study)` : name })),
      ]}
    />
  );
}
