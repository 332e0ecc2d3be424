import { sentenceOf } from '@pathfold/client/http';
import { Button } from '@pathfold/ui/controls/button';
import { TextField } from '@pathfold/ui/controls/field';
import { Card } from '@pathfold/ui/layout/card';
import type { Session } from './api.ts';

/** Asks for the operator token; the one-time link of the terminal needs nothing typed. */
export function SignInForm({ session }: { session: Session }) {
  return (
    <Card title="Sign in to operate">
      <div className="grid gap-4">
        <p className="max-w-prose text-soft text-sm">
          Open the link that <code>npm start</code> printed: it signs you in once. If it is used up, restart the
          coordinator for another, or give the operator token. Anyone may watch without signing in.
        </p>
        <form
          className="flex flex-wrap items-start gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            session.signIn({ token: String(new FormData(event.currentTarget).get('token')) });
          }}
        >
          <div className="w-full max-w-md">
            <TextField
              label="Operator token"
              name="token"
              type="password"
              autoComplete="current-password"
              required
              error={session.error ? sentenceOf(session.error) : undefined}
            />
          </div>
          <Button type="submit" tone="primary" className="mt-7" disabled={session.signingIn}>
            Sign in
          </Button>
        </form>
      </div>
    </Card>
  );
}
