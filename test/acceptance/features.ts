/**
 * What Sluice must do, row by row, as the documents that it answers to ask for it. The single source of
 * docs/FEATURES.md: a row is shown by tests that name it, and by nothing else.
 */

interface FeatureRow {
  /** What must hold, in the words of the document. */
  readonly text: string
  /** For a row that is not built yet: the part of the project that will. It leaves the row with its first test. */
  readonly due?: 'sdk' | 'console' | 'scale' | 'trust'
}

interface Source {
  readonly title: string
  /** Prefix of its rows. */
  readonly prefix: string
}

export const sources: readonly Source[] = [
  { prefix: 'P', title: "PowerSync's conflict strategies" },
  { prefix: 'F', title: "FlashQL's conflict model" },
  { prefix: 'T', title: 'TanStack DB with PowerSync: the ladder' },
  { prefix: 'E', title: "FlowEra's queue and schema drift" },
  { prefix: 'B', title: 'What collaboration servers do' },
  { prefix: 'N', title: 'What nobody has' },
]

const rows = {
  P1: { text: 'Two clients edit different fields of one row offline; both sync; both survive.' },
  P2: {
    text: 'Row deleted, a later edit arrives: by policy it is ignored, revives the row, or is held. A deleted id may be created again.',
  },
  P3: {
    text: 'Timestamp mode: a write older than the row is refused as stale, with both versions in the answer; a missing row says so. Clock skew is bounded, time zones are moot (UTC instants).',
  },
  P4: {
    text: 'Version mode: a write that names an older version is refused with expected and received; else applied, and the version grows.',
  },
  P5: { text: 'Field-level last write wins, by receipt or by edit time, per field.' },
  P6: {
    text: 'Business rules: a shipped order is locked; pending → processing → shipped only; price needs an approval; negative quantity is invalid. Each refusal has a code the client can show.',
  },
  P7: {
    text: 'Conflict recording: both versions kept, synced to clients, resolved by a person as keep mine / keep theirs / another value, per field, marked as handled.',
  },
  P8: {
    text: 'Change-level status: each field edit is logged with who, what, when and its status; a failed one shows its error and can be retried alone; the others of the batch succeed.',
  },
  P9: { text: 'Insert-only logging: uploaded, recorded, never downloaded.' },
  P10: { text: 'Pending-only: pending changes visible until the server has processed them, then gone.' },
  P11: {
    text: 'Cumulative fields: two clerks sell offline, both sales count; overselling is surfaced. Deltas recognised from REST, `data - old`, or metadata.',
  },
  P12: {
    text: 'Metadata on any change (device, app version, reason, approval, role) reaches policies, log and inbox.',
  },
  P13: { text: 'A replayed upload has no second effect.' },
  P14: {
    text: 'A write that can never apply lands in the inbox as a dead letter, and never blocks the queue behind it.',
  },

  F1: {
    text: 'Update/update: the late write is marked conflicted, never silently applied, and origin state stays authoritative until a decision.',
  },
  F2: { text: 'Delete after a concurrent update: the same.' },
  F3: { text: 'Update after a concurrent delete: the same.' },
  F4: {
    text: "A row's version token is automatic; a custom version column is honoured for external tables.",
  },
  F5: {
    text: '`origin_first` and `local_first`: a client may show a write only once confirmed, or at once with a staged mark until confirmed.',
  },
  F6: { text: 'Queue status pending, applied, conflicted, failed; retry; force now.' },
  F7: { text: 'A conflict event of its own, apart from errors.' },
  F8: { text: 'Sync is idempotent and coalesced; the queue survives a restart.' },

  T1: { text: 'Non-overlapping writes just merge.' },
  T2: { text: 'Orthogonal fields just merge.' },
  T3: {
    text: 'The ladder, each rung selectable per field or collection: destructive actions blocked offline · audit log and last write wins with recovery of the loser · domain rule (server `done` beats offline `in progress`) · manual resolution with a diff · CRDT, combined with manual resolution for critical paths.',
  },
  T4: {
    text: 'Works as the backend of a TanStack DB collection: live queries on the client, optimistic mutations, sync underneath.',
  },

  E1: { text: 'Field-level last write wins.' },
  E2: { text: 'The write queue survives closing the app.' },
  E3: { text: 'Mutations carry operation, id, values, client time.' },
  E4: { text: 'Applied in order, with the tenant of the token checked against every record touched.' },
  E5: { text: "The server's time decides where that policy is chosen." },
  E6: { text: 'Unknown fields ignored (here: kept and logged).' },
  E7: { text: 'Missing required fields defaulted.' },
  E8: { text: 'Both noted as warnings in the audit log, the batch not refused.' },
  E9: { text: 'A status transition that two users trigger at once is detected, and its effect fires once.' },
  E10: { text: 'Long text merges by character.' },

  B1: {
    text: 'Unmodified y-websocket clients connect, edit, see presence, go offline, return, and lose nothing.',
  },
  B2: { text: 'Unmodified automerge-repo clients connect, edit, go offline, return, and lose nothing.' },
  B3: { text: 'Unmodified Hocuspocus providers do the same.', due: 'sdk' },
  B4: { text: 'Acknowledged means on disk.' },
  B5: { text: 'Read-only sessions keep presence.' },
  B6: { text: 'Tokens expire, refresh and are revoked on a live socket.' },
  B7: { text: 'REST: snapshots with ETag, lists with filter and cursor.' },
  B8: { text: 'REST: history and time travel.' },
  B9: { text: 'REST: text as HTML, Markdown, plain, JSON.' },
  B10: { text: 'REST: writes with If-Match and Idempotency-Key; problem+json errors.' },
  B11: { text: 'REST: server-sent change feed that resumes.' },
  B12: { text: 'REST: OpenAPI.' },
  B13: { text: 'SQL: open the tables with `sqlite3`.' },
  B14: { text: 'Full-text search.' },
  B15: { text: 'Webhooks with signatures, retries, replay.', due: 'trust' },
  B16: { text: 'Health and readiness.' },
  B17: { text: 'Metrics.' },
  B18: { text: 'CLI: rebuild the tables, compare them with the journal, verify the journal.' },
  B19: { text: 'CLI: backup, restore, import, export, with progress.', due: 'trust' },
  B20: { text: 'Version history with attribution; a lost change is restored.' },
  B21: { text: 'Undo in the editor.', due: 'console' },
  B22: { text: 'Several nodes on PostgreSQL and Redis; any node serves any record.', due: 'scale' },

  N1: { text: 'Conflicts defined by what the author saw.' },
  N2: { text: 'Delete/edit, reset/increment, confirm/override as first-class conflicts.' },
  N3: { text: 'N sides with provenance.' },
  N4: { text: 'Effects held back while a field is disputed.' },
  N5: { text: 'Linked fields decided together.' },
  N6: { text: 'Role-gated resolution with undo.' },
  N6b: { text: 'Four-eyes resolution: the second approver is another person.' },
  N6c: { text: 'An audit that cannot be edited unnoticed.' },
  N7: { text: 'Invariants on counters.' },
  N8: { text: 'Reopening on stragglers with the earlier decision attached.' },
  N9: { text: 'Telling the person who lost.' },
  N10: { text: 'Schema drift that preserves what it does not know.' },
  N11: { text: 'Resolving offline.', due: 'sdk' },
  N12: {
    text: 'Rich text flagged for review where two offline sessions rewrote the same passage.',
    due: 'console',
  },
} as const satisfies Readonly<Record<string, FeatureRow>>

export type FeatureId = keyof typeof rows

export interface Feature extends FeatureRow {
  readonly id: FeatureId
}

export const features: readonly Feature[] = Object.entries(rows).map(([id, row]) => ({
  id: id as FeatureId,
  ...row,
}))
