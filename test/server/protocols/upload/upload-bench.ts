// Sends uploads to the REST bench, numbered as a client numbers its queue.
import type { StoredFieldChange } from '../../../../server/storage/change-log.ts'
import type { Json, JsonObject } from '../../../../shared/json.ts'
import type { Answer, Call, RestBench } from '../rest/rest-bench.ts'

export interface Uploads {
  post(body: Json, call?: Call): Promise<Answer>
  fieldsOf(path: string): Promise<JsonObject>
  logOf(collection: string, recordId: string): Promise<readonly StoredFieldChange[]>
}

/** @param bench opened later than this is called. */
export const uploadsTo = (bench: () => RestBench): Uploads => ({
  post: (body, call = {}) => bench().call('POST', '/v1/upload', { ...call, body }),
  fieldsOf: async (path) => (await bench().call('GET', `/v1/records/${path}`)).body.fields,
  async logOf(collection, recordId) {
    const filter = { tenant: 'default', collection, recordId, cursor: null, limit: 50 }
    return (await bench().storage.listFieldChanges(filter)).items
  },
})

export const batch = (...ops: JsonObject[]): JsonObject => ({ batch: ops })

export const statuses = ({ body }: Answer): readonly string[] =>
  body.results.map(({ status }: { readonly status: string }) => status)

let ids = 0
export const newId = (): string => `u${++ids}`

let opIds = 0
export const newOpId = (): number => ++opIds

/** An entry of body A. */
export const crud = (op: string, type: string, id: string, rest: JsonObject = {}): JsonObject => {
  const number = newOpId()
  return { op_id: number, op, type, id, tx_id: number, ...rest }
}
