// How large each benchmark is: as the goals say, or as small as shows that everything arrives.

export interface Scale {
  /** The tables that are measured, by their id; the others are left out. */
  readonly tables: RegExp
  /** How often at least is measured what a server does once after its start: a single time is chance. */
  readonly coldRounds: number
  readonly fanOut: { readonly sizes: readonly number[] }
  readonly rooms: { readonly counts: readonly number[] }
  readonly coldOpen: {
    /** Transactions of the editing history. */
    readonly edits: number
    readonly joiners: number
    readonly joinedBytes: number
  }
  readonly storm: { readonly clients: number; readonly rooms: number; readonly charactersPerRoom: number }
  readonly records: {
    readonly writers: number
    readonly records: number
    readonly readers: number
    /** Of a page of the list. */
    readonly listed: number
  }
  readonly growth: {
    /** Edits, and changes of a record, at 1 ×; then ten and a hundred times as many. */
    readonly edits: number
    readonly changes: number
    /** Texts and records of each age, and what is written to each. */
    readonly copies: number
    readonly writes: number
    readonly settleMs: number
    readonly documents: number
    readonly sockets: number
    readonly storedRecords: number
    /** Of each history on disk; all of it if it is shorter. */
    readonly traceEdits: number
  }
  readonly loop: { readonly pastedBytes: number; readonly edits: number; readonly people: number }
  /** Times that each client is opened, on new devices and on one that has the content. */
  readonly clients: { readonly opens: number }
}

export const fullScale: Scale = {
  tables: /./,
  coldRounds: 3,
  fanOut: { sizes: [10, 50, 200] },
  rooms: { counts: [500, 2_000] },
  coldOpen: { edits: 300_000, joiners: 150, joinedBytes: 20_000_000 },
  storm: { clients: 1_000, rooms: 100, charactersPerRoom: 20_000 },
  records: { writers: 50, records: 10_000, readers: 20, listed: 50 },
  growth: {
    edits: 1_000,
    changes: 100,
    copies: 4,
    writes: 100,
    settleMs: 500,
    documents: 500,
    sockets: 500,
    storedRecords: 100_000,
    traceEdits: 300_000,
  },
  loop: { pastedBytes: 4_000_000, edits: 50_000, people: 200 },
  clients: { opens: 7 },
}

export const quickScale: Scale = {
  ...fullScale,
  rooms: { counts: [500] },
  storm: { clients: 500, rooms: 100, charactersPerRoom: 20_000 },
  records: { ...fullScale.records, records: 2_000 },
  growth: {
    edits: 200,
    changes: 20,
    copies: 4,
    writes: 100,
    settleMs: 500,
    documents: 200,
    sockets: 200,
    storedRecords: 5_000,
    traceEdits: 20_000,
  },
}

/** Every kind of client and of check, on as few servers as will do. */
export const smokeScale: Scale = {
  tables:
    /^(fan-out|rooms)\/|^cold-open\/text|^records\/(rest|automerge|repo|doors)\/many|^growth\/record|^loop\/(presence|load\/crowd)|^clients\/(text|size)/,
  coldRounds: 1,
  fanOut: { sizes: [4] },
  rooms: { counts: [5] },
  coldOpen: { edits: 2_000, joiners: 4, joinedBytes: 100_000 },
  storm: { clients: 10, rooms: 2, charactersPerRoom: 200 },
  records: { writers: 2, records: 10, readers: 2, listed: 5 },
  growth: {
    edits: 10,
    changes: 2,
    copies: 1,
    writes: 3,
    settleMs: 0,
    documents: 5,
    sockets: 5,
    storedRecords: 50,
    traceEdits: 500,
  },
  loop: { pastedBytes: 50_000, edits: 200, people: 5 },
  clients: { opens: 1 },
}
