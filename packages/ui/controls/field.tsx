import { type ComponentProps, type ReactNode, useId } from 'react';
import { classNames } from '../class-names.ts';

interface FieldFrame {
  readonly label: string;
  readonly hint?: ReactNode;
  /** The error of the value, shown and announced at the field. */
  readonly error?: string | undefined;
}

interface Wiring {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean | undefined;
}

const CONTROL =
  'min-h-11 w-full rounded-sm border border-edge bg-well px-3 text-base text-ink placeholder:text-soft aria-invalid:border-red disabled:text-soft';

/** Label, hint and error around one control, tied together for assistive technology. */
export function Field({ label, hint, error, children }: FieldFrame & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const describedBy = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className="grid content-start gap-1.5">
      <label htmlFor={id} className="font-semibold text-sm">
        {label}
      </label>
      {children({ id, 'aria-describedby': describedBy || undefined, 'aria-invalid': error ? true : undefined })}
      {hint && (
        <p id={`${id}-hint`} className="text-soft text-xs">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="font-medium text-red text-xs">
          {error}
        </p>
      )}
    </div>
  );
}

export function TextField({ label, hint, error, className, ...input }: FieldFrame & ComponentProps<'input'>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => <input {...input} {...wiring} className={classNames(CONTROL, className)} />}
    </Field>
  );
}

export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly disabled?: boolean;
}

export function Select<T extends string>({
  label,
  hint,
  error,
  value,
  options,
  onChange,
  disabled,
}: FieldFrame & {
  readonly value: T;
  readonly options: readonly Option<T>[];
  readonly onChange: (value: T) => void;
  readonly disabled?: boolean;
}) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => (
        <select
          {...wiring}
          value={value}
          disabled={disabled}
          onChange={(event) => onChange(event.target.value as T)}
          className={CONTROL}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value} disabled={option.disabled}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A number on a continuous scale; `text` is how the value reads, for eyes and for assistive technology. */
export function Slider({
  label,
  hint,
  value,
  text,
  onChange,
  ...range
}: FieldFrame & {
  readonly value: number;
  readonly text: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly onChange: (value: number) => void;
  readonly disabled?: boolean;
}) {
  return (
    <Field label={label} hint={hint}>
      {(wiring) => (
        <div className="grid grid-cols-[1fr_auto] items-start gap-x-4">
          <div>
            <input
              type="range"
              {...range}
              {...wiring}
              value={value}
              aria-valuetext={text}
              onChange={(event) => onChange(event.target.valueAsNumber)}
              className="block h-6 w-full"
            />
            <div aria-hidden className="graduated mx-2 h-2" />
          </div>
          <span aria-hidden className="figure min-w-14 text-right text-base leading-6">
            {text}
          </span>
        </div>
      )}
    </Field>
  );
}

/** A yes that is given on purpose: off until ticked. */
export function Choice({
  label,
  hint,
  checked,
  onChange,
  disabled,
}: Pick<FieldFrame, 'label' | 'hint'> & {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
}) {
  const id = useId();
  return (
    <div className="grid grid-cols-[auto_1fr] gap-x-3">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-0.5 size-5"
      />
      <label htmlFor={id} className="font-semibold text-sm">
        {label}
      </label>
      {hint && (
        <p id={`${id}-hint`} className="col-start-2 text-soft text-xs">
          {hint}
        </p>
      )}
    </div>
  );
}
