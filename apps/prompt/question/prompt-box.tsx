import { Button } from '@pathfold/ui/controls/button';
import { Field } from '@pathfold/ui/controls/field';
import { type FormEvent, type KeyboardEvent, useState } from 'react';

/** Where the prompt is typed. Enter sends, Shift+Enter begins a line, Escape stops. */
export function PromptBox({
  ready,
  writing,
  onSend,
  onStop,
}: {
  readonly ready: boolean;
  readonly writing: boolean;
  readonly onSend: (prompt: string) => void;
  readonly onStop: () => void;
}) {
  const [prompt, setPrompt] = useState('');
  const mayWrite = ready && !writing;
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (mayWrite) onSend(prompt);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Escape' && writing) onStop();
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) send(event);
  };
  return (
    <form onSubmit={send} className="grid grid-cols-1 gap-3">
      <Field label="Prompt" hint="Enter sends, Shift and Enter begin a new line, Escape stops.">
        {(wiring) => (
          <textarea
            {...wiring}
            rows={3}
            value={prompt}
            onChange={(event) => setPrompt(event.target.value)}
            onKeyDown={onKeyDown}
            className="w-full resize-y rounded-sm border border-edge bg-well px-3 py-2 text-base text-ink"
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-3">
        <Button tone="primary" type="submit" disabled={!mayWrite}>
          Send
        </Button>
        <Button disabled={!writing} onClick={onStop}>
          Stop
        </Button>
      </div>
    </form>
  );
}
