/**
 * Uploads the queue of writes of a PowerSync client to Sluice (docs/UPLOAD.md). It knows PowerSync by the shape of what
 * it uses, so it serves every platform and release whose connector has this shape.
 */

/** What the connector asks of a `PowerSyncDatabase`. */
export interface UploadQueue {
  getNextCrudTransaction(): Promise<CrudTransaction | null>
  getClientId(): Promise<string>
  get<Row>(sql: string, parameters: unknown[]): Promise<Row>
}

export interface CrudTransaction {
  readonly crud: readonly CrudEntry[]
  complete(): Promise<void>
}

/** An entry of the queue. `JSON.stringify` gives what the server reads. */
export interface CrudEntry {
  readonly clientId: number
  readonly transactionId?: number | undefined
  readonly op: string
  readonly table: string
  readonly id: string
  readonly opData?: Readonly<Record<string, unknown>> | undefined
  readonly previousValues?: Readonly<Record<string, unknown>> | undefined
}

export interface SluiceConnectorOptions {
  readonly sluiceUrl: string
  /** The PowerSync service, from which the app downloads. */
  readonly powersyncUrl: string
  /** A valid token of whoever is signed in; null if nobody is. */
  readonly fetchToken: () => Promise<string | null>
  /** Shows what of a transaction is not in force. Called before the transaction leaves the queue. */
  readonly tellUser: (report: UploadReport) => void | Promise<void>
}

/** What became of one transaction of which something is not in force. An operation may stand in both lists. */
export interface UploadReport {
  /** Waits for a person, in the inbox under `fields.<name>.conflictId`; the incumbent stays in force. */
  readonly held: readonly UploadResult[]
  /** Broke a rule; `error` says which and what to do. Sending it again cannot help. */
  readonly rejected: readonly UploadResult[]
  /** Of all its operations, in order. */
  readonly results: readonly UploadResult[]
}

/** What became of one operation. */
export interface UploadResult {
  readonly opId: string | null
  readonly op: string
  readonly table: string
  readonly id: string
  readonly status: 'applied' | 'merged' | 'superseded' | 'held' | 'rejected' | 'duplicate'
  readonly fields?: Readonly<Record<string, UploadedField>>
  readonly warnings?: readonly { readonly field: string; readonly message: string }[]
  readonly error?: { readonly code: string; readonly message: string; readonly remedy: string }
}

export interface UploadedField {
  readonly outcome: string
  readonly reason?: string
  readonly conflictId?: string
}

const TIMEOUT_MS = 60_000

/** For `database.connect(connector)`. */
export class SluiceConnector {
  readonly #options: SluiceConnectorOptions

  constructor(options: SluiceConnectorOptions) {
    this.#options = options
  }

  async fetchCredentials(): Promise<{ endpoint: string; token: string } | null> {
    const token = await this.#options.fetchToken()
    return token === null ? null : { endpoint: this.#options.powersyncUrl, token }
  }

  /** Called by the SDK whenever there is something in the queue. It calls again later if this throws. */
  async uploadData(database: UploadQueue): Promise<void> {
    const transaction = await database.getNextCrudTransaction()
    if (transaction === null) return
    const clientId = await database.getClientId()
    const results = await this.#send(database, clientId, transaction.crud)
    // Not by status alone: of an operation whose first answer was lost, the second one says `duplicate`.
    const [held, rejected] = [results.filter(isHeld), results.filter(({ error }) => error !== undefined)]
    if (held.length + rejected.length > 0) await this.#options.tellUser({ held, rejected, results })
    // Only now: what is not completed is sent again, and has no second effect.
    await transaction.complete()
  }

  async #send(
    database: UploadQueue,
    clientId: string,
    crud: readonly CrudEntry[],
  ): Promise<readonly UploadResult[]> {
    const token = await this.#options.fetchToken()
    const batch = await Promise.all(crud.map((entry) => exactJson(database, entry)))
    const response = await fetch(`${this.#options.sluiceUrl}/v1/upload`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      },
      body: `{"client_id":${JSON.stringify(clientId)},"batch":[${batch.join(',')}]}`,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.status === 413) {
      const [first, ...others] = crud
      if (first !== undefined && others.length === 0) return [tooLarge(first)]
      const half = Math.ceil(crud.length / 2)
      const before = await this.#send(database, clientId, crud.slice(0, half))
      return [...before, ...(await this.#send(database, clientId, crud.slice(half)))]
    }
    // "Later", or "sign in again": the queue keeps the transaction.
    if (!response.ok) throw new Error(`upload: ${response.status} ${await response.text()}`)
    const { results } = (await response.json()) as { readonly results: readonly UploadResult[] }
    return results
  }
}

const isHeld = ({ fields = {} }: UploadResult): boolean =>
  Object.values(fields).some(({ outcome }) => outcome === 'held')

/** The SDK reads its queue with JSON.parse, which rounds integers beyond 2⁵³: an entry with one is read anew. */
async function exactJson(database: UploadQueue, entry: CrudEntry): Promise<string> {
  const values = [...Object.values(entry.opData ?? {}), ...Object.values(entry.previousValues ?? {})]
  if (!values.some((value) => Number.isInteger(value) && !Number.isSafeInteger(value)))
    return JSON.stringify(entry)
  const { data } = await database.get<{ data: string }>('SELECT data FROM ps_crud WHERE id = ?', [
    entry.clientId,
  ])
  return `{"op_id":${entry.clientId},"tx_id":${entry.transactionId ?? null},${data.slice(1)}`
}

/** An operation that is too large for a request by itself never gets in: it must not hold up the others. */
const tooLarge = ({ clientId, op, table, id }: CrudEntry): UploadResult => ({
  opId: String(clientId),
  op,
  table,
  id,
  status: 'rejected',
  error: { code: 'too_large', message: 'this write is too large to upload', remedy: 'Write less at once.' },
})
