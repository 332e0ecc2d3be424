/** How long a volunteer may take: to its first tokens, between two messages, and in all. */
export interface Patience {
  readonly firstMs: number;
  readonly gapMs: number;
  readonly wholeMs: number;
}

interface Answerer {
  lease: string | null;
  /** Its network; null when not known. */
  readonly origin: string | null;
}

export interface Question {
  readonly run: string;
  /** Those who have worked on the path, and so hold its modules. */
  readonly holders: readonly string[];
  /** Those whose memory does not hold the path. */
  readonly unfit: readonly string[];
  readonly vocabulary: number;
  /** Tokens still wanted. */
  tokens: number;
  asked: string[];
  /** The networks of those. */
  readonly askedOrigins: Set<string>;
  lease: string | null;
}

export interface AnswerLease {
  readonly question: string;
  readonly volunteer: string;
  readonly tokens: number;
  readonly grantedAt: number;
  /** When tokens came last. */
  heardAt: number | null;
  received: number;
}

export interface AnswersState {
  readonly patience: Patience;
  /** Connected volunteers whose person agreed. */
  readonly volunteers: Map<string, Answerer>;
  /** When the answers of the last minute began, by volunteer and by network (`namesOf`), also of those who left since. */
  readonly grants: Map<string, number[]>;
  /** Volunteers and networks (`namesOf`) that failed last, how often in a row, and until when each is left alone. */
  readonly shunned: Map<string, { readonly failures: number; readonly until: number }>;
  readonly questions: Map<string, Question>;
  readonly leases: Map<string, AnswerLease>;
}
