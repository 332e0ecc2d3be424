/** Stands where an answer of the coordinator will. */
export const Asking = () => <p className="text-soft text-sm">Asking the coordinator.</p>;
