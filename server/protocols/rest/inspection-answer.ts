/** What looking into a record answers: of each document and of the text, as far as its reader may read them (A7). */
import * as Y from 'yjs'
import { OPEN_STATES } from '../../../shared/conflicts/conflict.ts'
import { automergeUrl } from '../../../shared/record/record-key.ts'
import { MAIN } from '../../../shared/schema/compartments.ts'
import type { DocumentSize } from '../../inspection/document-size.ts'
import type { Lane } from '../../plan/plan.ts'
import { laneOf } from '../../plan/plan.ts'
import { documentsOf } from '../../plan/record-state.ts'
import { yjsAuthor } from '../../plan/text-planning.ts'
import { fieldsToldIn } from '../../plan/view-of.ts'
import type { LaneSize } from '../../storage/inspection-storage.ts'
import { versionOf } from './record-answer.ts'
import type { RestParts } from './rest-context.ts'
import type { SeenRecord } from './seen-record.ts'
import type { Visibility } from './visibility.ts'

const CLOCKS_MAX = 200
const CONFLICTS_MAX = 200

interface Clock {
  readonly author: string
  readonly counter: number
}

interface SeenDocument {
  readonly compartment: string
  readonly documentId: string
  readonly changes: number
  readonly clocks: readonly Clock[]
}

/** Members that every lane's answer has. */
interface StoredSize {
  readonly entries: number
  readonly journalBytes: number
  readonly snapshotBytes: number | null
  readonly size: DocumentSize | null
}

export async function inspectionAnswer(
  parts: RestParts,
  visibility: Visibility,
  record: SeenRecord,
  wantSizes: boolean,
): Promise<object> {
  const { key, stored, collection, sees } = record
  const { storage, sessions, inspector } = parts
  const lanes = await storage.inspection.laneSizes(key)
  const authors = await storage.inspection.authors(key)
  const sizeOf = async (lane: Lane): Promise<StoredSize> => ({
    ...storedSize(lanes.find((one) => one.lane === lane)),
    size: wantSizes ? await inspector.measure(key, lane) : null,
  })
  const seesText = collection.texts.length > 0 && collection.texts.every(sees)
  const documents = []
  for (const document of await seenDocuments(parts, record))
    documents.push({
      ...documentAnswer(record, document, authors),
      ...(await sizeOf(laneOf(document.compartment))),
    })
  return {
    collection: key.collection,
    id: key.id,
    version: versionOf(stored, collection, sees),
    deleted: stored.deleted,
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
    documents,
    text: seesText ? { ...(await textAnswer(parts, record, authors)), ...(await sizeOf('text')) } : null,
    sessions: sessions
      .inRoom(key)
      .map((session) => ({
        ...session,
        lanes: session.lanes.filter((lane) => lane === 'fields' || seesText),
      }))
      .filter(({ lanes }) => lanes.length > 0),
    conflicts: await openConflicts(parts, visibility, record),
  }
}

/** Those that the reader could open: he sees every field that they tell of. */
const seenDocuments = ({ rooms }: RestParts, { key, sees }: SeenRecord): Promise<readonly SeenDocument[]> =>
  rooms.record(key).read((state) =>
    documentsOf(state)
      .filter(({ compartment }) => [...fieldsToldIn(state, compartment)].every(sees))
      .map(({ compartment, documentId, graph }) => {
        const clocks = [...graph.lastSeqs()].map(([author, counter]) => ({ author, counter }))
        return {
          compartment,
          documentId,
          clocks,
          changes: clocks.reduce((sum, { counter }) => sum + counter, 0),
        }
      }),
  )

function documentAnswer(
  { stored }: SeenRecord,
  { compartment, documentId, changes, clocks }: SeenDocument,
  authors: ReadonlyMap<string, string>,
): object {
  const named = stored.compartments.find((one) => one.compartment === compartment)
  return {
    document: laneOf(compartment),
    automergeUrl: automergeUrl(documentId),
    heads: compartment === MAIN ? stored.heads : (named?.heads ?? []),
    changes,
    clocks: largest(clocks).map(({ author, counter }) => ({
      actor: author,
      subject: authors.get(author) ?? null,
      seq: counter,
    })),
    clocksLeftOut: Math.max(0, clocks.length - CLOCKS_MAX),
  }
}

async function textAnswer(
  { rooms }: RestParts,
  { key, stored, collection }: SeenRecord,
  authors: ReadonlyMap<string, string>,
): Promise<object> {
  const stateVector = Y.decodeStateVector(await rooms.text(key).stateVector())
  const clocks = [...stateVector].map(([client, counter]) => ({ client, author: yjsAuthor(client), counter }))
  return {
    fields: collection.texts,
    version: stored.textVersion,
    projectedVersion: stored.projectedTextVersion,
    clocks: largest(clocks).map(({ client, author, counter }) => ({
      client,
      subject: authors.get(author) ?? null,
      clock: counter,
    })),
    clocksLeftOut: Math.max(0, clocks.length - CLOCKS_MAX),
  }
}

const largest = <One extends Clock>(clocks: readonly One[]): readonly One[] =>
  clocks.toSorted((a, b) => b.counter - a.counter || a.author.localeCompare(b.author)).slice(0, CLOCKS_MAX)

const storedSize = (size: LaneSize | undefined): Omit<StoredSize, 'size'> => ({
  entries: size?.entries ?? 0,
  journalBytes: size?.bytes ?? 0,
  snapshotBytes: size?.snapshotBytes ?? null,
})

async function openConflicts(
  { storage }: RestParts,
  visibility: Visibility,
  { key }: SeenRecord,
): Promise<readonly object[]> {
  const { tenant, collection, id } = key
  const { items } = await storage.listConflicts({
    tenant,
    states: OPEN_STATES,
    collection,
    recordId: id,
    cursor: null,
    limit: CONFLICTS_MAX,
  })
  const seen = await Promise.all(items.map((stored) => visibility.seenConflict(stored)))
  return seen.flatMap((one) => {
    if (one === null) return []
    const { conflict } = one
    const sides = [conflict.incumbent, ...conflict.alongside, ...conflict.challengers]
    return [
      {
        id: conflict.id,
        state: conflict.state,
        kind: conflict.kind,
        fields: conflict.fields,
        openedAt: conflict.openedAt,
        assignee: conflict.assignee,
        changes: sides.map(({ changeHash }) => changeHash).filter((hash) => hash !== ''),
      },
    ]
  })
}
