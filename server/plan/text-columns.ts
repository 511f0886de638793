/**
 * How a whole text lies in a compaction: not struct after struct but column after column, which packs a third smaller. What
 * is alike stands together, places are told by how far they are from where one expects them, and deletions not at all
 * where the structs show them. `toColumns` and `fromColumns` are one pass over the bytes each, without Yjs.
 */

/** In the order in which they are stored. */
export const COLUMNS = [
  /** How many sections; of each how many structs, its client and its first clock. */
  'sections',
  /** The ids of clients, in the order in which they are first named: elsewhere they are told by their place here. */
  'clients',
  /** The byte with which each struct begins. */
  'infos',
  /** The structs' left and right neighbours: client, and distance of the clock from the one that is expected. */
  'leftClients',
  'leftClocks',
  'rightClients',
  'rightClocks',
  /** Clock ticks of what is deleted. */
  'ticks',
  /** The strings, and the bytes of each. */
  'stringLengths',
  'strings',
  /** Parents, and content of other kinds, as Yjs writes them. */
  'others',
  /** The end of the update: what is deleted. Empty if that is what the structs show. */
  'deletions',
] as const

export type Columns<T> = Readonly<Record<(typeof COLUMNS)[number], T>>

export const columnsOf = <T>(make: () => T): Columns<T> =>
  Object.fromEntries(COLUMNS.map((name) => [name, make()])) as Columns<T>

/** Where a struct stands: the place of its client among the clients, and its clock. */
export interface Place {
  readonly client: number
  readonly clock: number
}

/** Who types goes on behind his last character; others are named near the one that was named before. */
export class Expected {
  readonly #lefts: number[] = []
  readonly #rights: number[] = []

  left(client: number, struct: Place): number {
    return client === struct.client ? struct.clock - 1 : (this.#lefts[client] ?? 0)
  }

  right(client: number): number {
    return this.#rights[client] ?? 0
  }

  afterLeft(client: number, clock: number): void {
    this.#lefts[client] = clock
  }

  afterRight(client: number, clock: number): void {
    this.#rights[client] = clock
  }
}
