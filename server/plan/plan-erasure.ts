/** The planner of an erasure (W2, E1): what is stored of a record goes in, and everything that the commit writes comes out. */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { TableWrite } from '../projection/table-layout.ts'
import { recordTableWrites } from '../projection/table-layout.ts'
import type { Erasure } from './erasure.ts'
import { encodeErasure, epochOf, startOf } from './erasure.ts'
import { chainJournal, laneStart } from './journal-chain.ts'
import type { ChainedEntry, Lane, OutboxEvent } from './plan.ts'

export interface ErasureRequest {
  /** A code or a note that tells nothing of the person. */
  readonly reason: string
  readonly allowNew: boolean
  readonly origin: Origin
}

/** What the planner looks at of a stored lane. */
export interface ErasableLane {
  readonly version: number
  readonly chain: string | null
  readonly bindings: ReadonlyMap<string, string>
  readonly erasure: Erasure | null
}

export interface ErasedLane {
  /** Number of journal entries that the plan was made on (W3). */
  readonly expectedVersion: number
  readonly stub: ChainedEntry
}

/** Takes away all that is stored of a record but its stubs; both lanes, or none. */
export interface ErasurePlan {
  readonly key: RecordKey
  /** Of the epoch that begins. */
  readonly documentId: string
  readonly lanes: Readonly<Record<Lane, ErasedLane>>
  readonly allowNew: boolean
  readonly tables: readonly TableWrite[]
  /** Tells those who keep copies. */
  readonly event: OutboxEvent
  /** ISO 8601. */
  readonly at: string
}

const YJS_AUTHOR = 'yjs:'
const NOTHING_LEFT = { heads: [], fields: {}, disputed: {}, deleted: true } as const

/** @throws SluiceError `not_found` if nothing is stored of the record, `erased` if only its stubs are. */
export function planErasure(
  key: RecordKey,
  collection: CollectionSpec,
  lanes: Readonly<Record<Lane, ErasableLane>>,
  { reason, allowNew, origin }: ErasureRequest,
): ErasurePlan {
  const { fields, text } = lanes
  if (fields.version === 0 && text.version === 0)
    throw new SluiceError('not_found', 'there is no such record')
  if ([fields, text].every(({ version, erasure }) => version === startOf(erasure)))
    throw new SluiceError('erased', 'the record has been erased already')
  const epoch = epochOf(fields.erasure) + 1
  const documentId = documentIdOf(key, epoch)
  const ended = documentIdOf(key, epoch - 1)
  const at = origin.receivedAt
  const stubOf = (lane: Lane): ErasedLane => {
    const { version, chain, erasure } = lanes[lane]
    const previous = chain ?? laneStart(key, lane)
    const bytes = encodeErasure({
      epoch,
      version: version + 1,
      entries: version - startOf(erasure),
      previous,
      documentId: ended,
      reason,
      allowNew,
      clients: lane === 'text' ? yjsClients(lanes.text) : [],
    })
    const entry = {
      kind: 'erasure',
      bytes,
      hash: null,
      origin: { ...origin, metadata: {}, claimedAt: null },
    } as const
    const [stub] = chainJournal({ lane, version, chain: previous }, [entry], null)
    if (stub === undefined) throw new RangeError('one entry gives one entry')
    return { expectedVersion: version, stub }
  }
  return {
    key,
    documentId,
    lanes: { fields: stubOf('fields'), text: stubOf('text') },
    allowNew,
    tables: recordTableWrites(collection, key, NOTHING_LEFT, { createdAt: at, updatedAt: at }),
    event: { id: `erased:${ended}`, event: 'record.erased', payload: { epoch, reason } },
    at,
  }
}

function yjsClients({ bindings, erasure }: ErasableLane): readonly number[] {
  const known = [...bindings.keys()]
    .filter((author) => author.startsWith(YJS_AUTHOR))
    .map((author) => Number(author.slice(YJS_AUTHOR.length)))
  return [...new Set([...(erasure?.clients ?? []), ...known])].sort((a, b) => a - b)
}
