/** Takes the one-time code out of the address bar, so that no history or screenshot keeps it; null when none is there. */
export function takeCode(place: Location, history: History): string | null {
  const code = new URLSearchParams(place.hash.slice(1)).get('code');
  if (code !== null) history.replaceState(null, '', place.pathname + place.search);
  return code;
}
