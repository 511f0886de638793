/** What the gate says of a Yjs update. */
export type UpdateVerdict =
  | {
      readonly ok: true
      /** The document has everything in it. */
      readonly empty: boolean
      /** Client ids with structs that the document does not have yet. */
      readonly authors: readonly number[]
    }
  | UpdateRefusal

export interface UpdateRefusal {
  readonly ok: false
  /**
   * - `refused`: no honest client writes this.
   * - `gap`: it builds on structs that the document lacks; ask the client to synchronise again.
   * - `foreign`: it writes as a client id that its sender may not use (R5).
   */
  readonly kind: 'refused' | 'gap' | 'foreign'
  readonly reason: string
  /** The client id at fault, where there is one. */
  readonly client?: number
}

export const refused = (reason: string, client?: number): UpdateRefusal =>
  client === undefined
    ? { ok: false, kind: 'refused', reason }
    : { ok: false, kind: 'refused', reason, client }

export const gap = (reason: string, client: number): UpdateRefusal => ({
  ok: false,
  kind: 'gap',
  reason,
  client,
})

const foreign = (reason: string, client: number): UpdateRefusal => ({
  ok: false,
  kind: 'foreign',
  reason,
  client,
})

export const foreignClient = (client: number): UpdateRefusal =>
  foreign(`client id ${client} belongs to another`, client)
