import type { ComponentProps } from 'react';
import { classNames } from '../class-names.ts';

const TONES = {
  primary:
    'border-signal bg-signal text-on-signal hover:border-signal-strong hover:bg-signal-strong motion-safe:active:translate-y-px',
  plain: 'border-edge bg-face text-ink hover:bg-signal-wash motion-safe:active:translate-y-px',
  quiet: 'border-transparent text-signal underline-offset-4 hover:underline',
  danger: 'border-red bg-face text-red hover:bg-red-wash motion-safe:active:translate-y-px',
} as const;

const SIZES = { small: 'min-h-9 px-3 text-sm', medium: 'min-h-11 px-4 text-base', large: 'min-h-14 px-6 text-lg' };

export interface ButtonProps extends ComponentProps<'button'> {
  readonly tone?: keyof typeof TONES;
  readonly size?: keyof typeof SIZES;
}

/** A button that does something here; a link that goes elsewhere is an `a`. */
export function Button({ tone = 'plain', size = 'medium', className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classNames(
        'inline-flex items-center justify-center gap-2 rounded-sm border font-semibold motion-safe:transition-colors',
        'disabled:cursor-not-allowed disabled:border-line disabled:bg-well disabled:text-soft disabled:no-underline',
        'aria-disabled:cursor-not-allowed aria-disabled:border-line aria-disabled:bg-well aria-disabled:text-soft',
        TONES[tone],
        SIZES[size],
        className,
      )}
    />
  );
}
