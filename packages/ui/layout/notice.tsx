import type { ReactNode } from 'react';
import { classNames } from '../class-names.ts';

const TONES = {
  plain: 'border-signal bg-signal-wash',
  warning: 'border-amber bg-amber-wash',
  error: 'border-red bg-red-wash',
} as const;

/** Something the person should know. Errors are announced at once. */
export function Notice({
  tone = 'plain',
  title,
  children,
  action,
}: {
  readonly tone?: keyof typeof TONES;
  readonly title?: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div
      role={tone === 'error' ? 'alert' : undefined}
      className={classNames(
        'flex flex-wrap items-center justify-between gap-3 rounded-sm border-l-4 px-4 py-3 text-ink text-sm',
        TONES[tone],
      )}
    >
      <div className="min-w-0">
        {title && <p className="font-semibold">{title}</p>}
        {children}
      </div>
      {action}
    </div>
  );
}
