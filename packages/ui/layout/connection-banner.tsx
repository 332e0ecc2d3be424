/** Says that what stands on the page is old, and that the page tries again by itself. */
export function ConnectionBanner({ className }: { className: string }) {
  return (
    <div role="alert" className="bg-amber-wash text-ink">
      <p className={`mx-auto ${className} px-4 py-2 text-sm sm:px-6`}>
        <strong className="font-semibold">The coordinator is away.</strong> This page keeps trying and goes on by
        itself.
      </p>
    </div>
  );
}
