/** Says that what stands on the page is old, and that the page tries again by itself. */
export function ConnectionBanner({ away }: { away: boolean }) {
  return (
    <div role="status" className={away ? 'bg-amber-wash text-ink' : 'sr-only'}>
      {away && (
        <p className="mx-auto max-w-6xl px-4 py-2 text-sm sm:px-6">
          <strong className="font-semibold">The coordinator is away.</strong> This page keeps trying and goes on by
          itself.
        </p>
      )}
    </div>
  );
}
