import type { Generated } from 'kysely';

/** The tables, as on both engines. Times are milliseconds since 1970; JSON is text, read and written whole. */
export interface Tables {
  /** One row. A coordinator writes only while the epoch is still the one that it began. */
  epoch: { one: Generated<true>; epoch: number };
  events: { seq: number; epoch: number; event: string };
  /** One row: the last event that the tables for reading show. */
  projected: { one: Generated<true>; seq: number };
  snapshots: { seq: number; state: string };
  settings: { name: string; value: string };
  corpora: {
    id: string;
    seq: Generated<number>;
    name: string;
    licence: string;
    state: string;
    reason: string | null;
    document_count: number;
    text_bytes: number;
    bad_lines: string;
    domains: string;
    files: string;
    created_at: number;
  };
  /* The tables below are written from the events (projector.ts), for reading only. `seq`: of the event that began it. */
  volunteers: {
    id: string;
    seq: number;
    name: string;
    agent: string;
    state: string;
    executor: string | null;
    credit: number;
    accepted_count: number;
    rejected_count: number;
    seen_at: number;
  };
  leases: {
    id: string;
    seq: number;
    run: string;
    kind: string;
    key: string;
    volunteer: string;
    granted_at: number;
    duration_ms: number;
    steps: number;
    ended_at: number | null;
    end_code: string | null;
  };
  contributions: {
    lease: string;
    seq: number;
    run: string;
    kind: string;
    volunteer: string;
    state: string;
    reason: string | null;
    executor: string;
    steps: number;
    tokens: number;
    bytes: number;
    bytes_from_peers: Generated<number>;
    bytes_from_coordinator: Generated<number>;
    sha256: string;
    received_at: number;
    /** As the volunteer says; 0 for what older versions took in. */
    compute_ms: Generated<number>;
    /** Once it is being folded: the highest over its modules, and the share in one of them. */
    staleness: Generated<number | null>;
    age_ms: Generated<number | null>;
    share: Generated<number | null>;
  };
  /** Folds that have begun and not ended, with the leases whose contributions they use up. */
  folds: { run: string; kind: string; key: string; leases: string };
  points: {
    run: string;
    round: number;
    time: number;
    tokens: number;
    train_loss: number | null;
    valid_loss: number | null;
    valid_bits_per_byte: number | null;
    upload_bytes: number;
    download_bytes: number;
    peer_bytes: number;
    volunteer_count: number;
  };
  traffic: { run: string; upload_bytes: number; download_bytes: number; peer_bytes: number };
}
