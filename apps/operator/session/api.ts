import type { SignIn } from '@pathfold/protocol/resources';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { client } from '../queries.ts';
import { takeCode } from './sign-in-code.ts';

export interface Session {
  /** Null before the first answer. */
  readonly operator: boolean | null;
  readonly signingIn: boolean;
  readonly error: unknown;
  signIn(proof: SignIn): void;
  signOut(): void;
}

/** The rights of this page. A code of the sign-in link is exchanged at once, and once only. */
export function useSession(): Session {
  const cache = useQueryClient();
  const session = useQuery({ queryKey: ['session'], queryFn: ({ signal }) => client.session.get(signal) });
  const keep = () => cache.invalidateQueries();
  const signIn = useMutation({ mutationFn: client.session.signIn, onSuccess: keep });
  const signOut = useMutation({ mutationFn: client.session.signOut, onSuccess: keep });
  const { mutate } = signIn;
  useEffect(() => {
    const spend = () => {
      const code = takeCode(location, history);
      if (code !== null) mutate({ code });
    };
    spend();
    addEventListener('hashchange', spend);
    return () => removeEventListener('hashchange', spend);
  }, [mutate]);
  return {
    operator: session.data?.operator ?? null,
    signingIn: signIn.isPending,
    error: signIn.error,
    signIn: (proof) => signIn.mutate(proof),
    signOut: () => signOut.mutate(),
  };
}
