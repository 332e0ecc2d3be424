import { Select } from '@pathfold/ui/controls/field';

const ANY = 'any';
/** Bytes a second. */
const OFFERED = [
  { value: ANY, label: 'As much as it can' },
  { value: '4000000', label: '4 MB/s' },
  { value: '1000000', label: '1 MB/s' },
  { value: '250000', label: '250 kB/s' },
  { value: '60000', label: '60 kB/s' },
];

/** How much goes to other volunteers at most: bytes a second, null for any. */
export function UploadLimit({
  value,
  onChange,
}: {
  readonly value: number | null;
  readonly onChange: (bytesPerSecond: number | null) => void;
}) {
  return (
    <Select
      label="Pass to them at most"
      value={value === null ? ANY : String(value)}
      options={OFFERED}
      onChange={(chosen) => onChange(chosen === ANY ? null : Number(chosen))}
    />
  );
}
