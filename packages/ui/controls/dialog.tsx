import { type ReactNode, useEffect, useId, useRef } from 'react';
import { Button } from './button.tsx';

/** A modal dialog while mounted: the browser keeps focus inside, Escape closes it; a press on the backdrop only on request. */
export function Dialog({
  title,
  onClose,
  backdropCloses = false,
  children,
}: {
  readonly title: string;
  readonly onClose: () => void;
  /** Not where something would be lost: a form, an upload. */
  readonly backdropCloses?: boolean;
  readonly children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  /** A press that began inside, to select text for example, may end outside. */
  const pressed = useRef(false);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a modal dialog by itself
    <dialog
      ref={dialog}
      aria-labelledby={id}
      // Told late, of a dialog that is open again, when React mounts it twice in development.
      onClose={() => dialog.current?.open || onClose()}
      onPointerDown={(event) => {
        pressed.current = event.target === dialog.current;
      }}
      onClick={(event) => {
        if (backdropCloses && pressed.current && event.target === dialog.current) onClose();
      }}
      className="m-auto max-h-[calc(100dvh-2rem)] w-[min(42rem,calc(100vw-2rem))] rounded-md border border-edge bg-face p-0 text-ink backdrop:bg-screen/70"
    >
      <header className="sticky top-0 z-10 flex items-center justify-between gap-4 border-line border-b bg-face px-5 py-3">
        <h2 id={id} className="font-semibold text-lg">
          {title}
        </h2>
        <Button tone="quiet" size="small" onClick={onClose}>
          Close
        </Button>
      </header>
      <div className="px-5 py-4">{children}</div>
    </dialog>
  );
}

/** The end of a long dialog stays in sight: results and buttons. */
export function DialogFooter({ children }: { children: ReactNode }) {
  return (
    <footer className="sticky bottom-0 -mx-5 -mb-4 grid gap-4 border-line border-t bg-face px-5 py-4">
      {children}
    </footer>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm({
  title,
  action,
  busy,
  onConfirm,
  onClose,
  children,
}: {
  readonly title: string;
  /** The verb on the button, for example `Delete this run`. */
  readonly action: string;
  readonly busy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Dialog title={title} onClose={onClose} backdropCloses>
      <div className="grid gap-3 text-sm">{children}</div>
      <div className="mt-5 flex flex-wrap justify-end gap-3">
        <Button onClick={onClose}>Keep it</Button>
        <Button tone="danger" disabled={busy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
