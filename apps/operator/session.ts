import type { SignIn } from '@pathfold/protocol/resources';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { client, KEYS } from './queries.ts';

/** Takes the one-time code out of the address bar, so that no history or screenshot keeps it; null when none is there. */
export function takeCode(place: Location, history: History): string | null {
  const code = new URLSearchParams(place.hash.slice(1)).get('code');
  if (code !== null) history.replaceState(null, '', place.pathname + place.search);
  return code;
}

const code = takeCode(location, history);

export interface Session {
  /** Null before the first answer. */
  readonly operator: boolean | null;
  readonly signingIn: boolean;
  readonly error: unknown;
  signIn(proof: SignIn): void;
  signOut(): void;
}

/** Who this page is to the coordinator. A code of the sign-in link is exchanged at once, and once only. */
export function useSession(): Session {
  const cache = useQueryClient();
  const session = useQuery({ queryKey: KEYS.session, queryFn: ({ signal }) => client.session.get(signal) });
  const keep = () => cache.invalidateQueries();
  const signIn = useMutation({ mutationFn: client.session.signIn, onSuccess: keep });
  const signOut = useMutation({ mutationFn: client.session.signOut, onSuccess: keep });
  const { mutate } = signIn;
  useEffect(() => {
    if (code !== null) mutate({ code });
  }, [mutate]);
  return {
    operator: session.data?.operator ?? null,
    signingIn: signIn.isPending,
    error: signIn.error,
    signIn: (proof) => signIn.mutate(proof),
    signOut: () => signOut.mutate(),
  };
}
