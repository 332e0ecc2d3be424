import { type ReactNode, useId } from 'react';
import { classNames } from '../class-names.ts';

/** One panel of the faceplate. With a title it is a region named by it. */
export function Card({
  title,
  aside,
  children,
  className,
}: {
  readonly title?: ReactNode;
  /** Shown at the title's right: a button, a figure. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}) {
  const id = useId();
  return (
    <section
      aria-labelledby={title ? id : undefined}
      className={classNames('min-w-0 rounded-md border border-line bg-face', className)}
    >
      {title && (
        <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-line border-b px-4 py-3 sm:px-5">
          <h2 id={id} className="font-semibold text-lg">
            {title}
          </h2>
          {aside}
        </header>
      )}
      <div className="px-4 py-4 sm:px-5">{children}</div>
    </section>
  );
}
