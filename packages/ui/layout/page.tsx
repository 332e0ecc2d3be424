import { PAGES } from '@pathfold/protocol/pages';
import type { ReactNode } from 'react';
import { classNames } from '../class-names.ts';
import { ConnectionBanner } from './connection-banner.tsx';

/** Two paths that fold into one. */
function Mark() {
  return (
    <svg viewBox="0 0 28 28" aria-hidden className="size-7 fill-none stroke-[2.2]" strokeLinecap="square">
      <path className="stroke-signal" d="M4 4 L13 14 L4 24" />
      <path className="stroke-ink" d="M13 4 L21 14 L13 24 M21 14 H25" />
    </svg>
  );
}

/** The frame of all pages: header with their names, the connection banner, the main landmark. */
export function Page({
  current,
  away = false,
  aside,
  wide = false,
  children,
}: {
  readonly current: (typeof PAGES)[number]['name'];
  /** The coordinator does not answer. */
  readonly away?: boolean;
  /** Shown at the header's right. */
  readonly aside?: ReactNode;
  /** For pages of tables and charts. */
  readonly wide?: boolean;
  readonly children: ReactNode;
}) {
  const width = wide ? 'max-w-[88rem]' : 'max-w-6xl';
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-10 focus:m-2 focus:rounded-sm focus:bg-face focus:px-4 focus:py-2"
      >
        Skip to the content
      </a>
      <header className="border-line border-b bg-face">
        <div className={`mx-auto flex ${width} flex-wrap items-center gap-x-8 gap-y-1 px-4 pt-3 sm:px-6`}>
          <a href="/" className="flex items-center gap-2.5 pb-3 font-semibold text-lg tracking-tight">
            <Mark />
            Pathfold
          </a>
          <nav aria-label="Pages" className="flex gap-5 self-end sm:gap-6">
            {PAGES.map(({ address, name }) => (
              <a
                key={address}
                href={address}
                aria-current={name === current ? 'page' : undefined}
                className={classNames(
                  'border-b-2 px-0.5 pb-3 text-base',
                  name === current
                    ? 'border-signal font-semibold text-ink'
                    : 'border-transparent text-soft hover:text-ink',
                )}
              >
                {name}
              </a>
            ))}
          </nav>
          {aside && <div className="ml-auto pb-2 text-sm">{aside}</div>}
        </div>
      </header>
      {away && <ConnectionBanner className={width} />}
      <main
        id="main"
        tabIndex={-1}
        className={`mx-auto w-full ${width} flex-1 px-4 py-6 outline-none sm:px-6 sm:py-10`}
      >
        {children}
      </main>
      <footer className="border-line border-t">
        <p className={`mx-auto ${width} px-4 py-5 text-soft text-xs sm:px-6`}>
          Pathfold is free software under the Apache licence 2.0. Every figure here can also be read over{' '}
          <a href="/docs" className="underline underline-offset-2 hover:text-ink">
            the HTTP interface
          </a>
          .
        </p>
      </footer>
    </div>
  );
}
