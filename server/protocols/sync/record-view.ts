/**
 * What one session is shown of a record: what it may read, and what it may do (A3, K4). Made once for all who have the same
 * rights: where hundreds follow a record, they are told the same.
 */
import { createHash } from 'node:crypto'
import type { Conflict } from '../../../shared/conflicts/conflict.ts'
import { isOpen } from '../../../shared/conflicts/conflict.ts'
import { isDeadLetter } from '../../../shared/conflicts/dead-letter.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { encodeVersion } from '../../../shared/record/version.ts'
import type { AccessActor } from '../../../shared/schema/access.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import type { Mark, RecordSnapshot } from '../../../shared/sync/messages.ts'
import type { CborValue } from '../../../shared/wire/cbor.ts'
import { encodeCbor } from '../../../shared/wire/cbor.ts'
import type { Asked, Authorizer } from '../../auth/authorizer.ts'
import type { CompartmentView, RecordView } from '../../plan/plan.ts'
import type { RecordState } from '../../plan/record-state.ts'
import { documentsOf } from '../../plan/record-state.ts'
import type { StoredRecord } from '../../storage/storage.ts'
import { conflictAnswer } from '../rest/conflict-answer.ts'
import { headsSeen } from '../rest/record-answer.ts'
import { withoutUnseen } from '../rest/visibility.ts'

/** A record as it is stored, or as a commit has left it. */
export interface RecordContent extends Pick<RecordView, 'heads' | 'fields' | 'deleted'> {
  /** The documents beside the main one. */
  readonly compartments: readonly CompartmentView[]
  readonly erased: boolean
  /** Those that are open, at least. */
  readonly conflicts: readonly Conflict[]
}

export interface Reader {
  readonly authorizer: Authorizer
  readonly actor: AccessActor
  readonly collection: CollectionSpec
}

/** What a commit has left, the same object for all who are told of it. */
export const contentAfter = (view: RecordView, state: RecordState): RecordContent =>
  sameFor(view, () => ({
    compartments: [],
    ...view,
    erased: false,
    conflicts: documentsOf(state).flatMap(({ conflicts }) => [...conflicts.values()]),
  }))

/** What is stored of a record that nobody disputes, the same object for all who open it at this revision. */
export const contentIn = (stored: StoredRecord): RecordContent =>
  sameFor(stored, () => ({ ...stored, conflicts: [] }))

const contents = new WeakMap<object, RecordContent>()

function sameFor(about: object, make: () => RecordContent): RecordContent {
  const known = contents.get(about) ?? make()
  contents.set(about, known)
  return known
}

/** What a session is told. */
export interface MarkedSnapshot {
  /** The same object for all who are told the same of one content. */
  readonly record: RecordSnapshot
  readonly mark: Mark
}

/** By rights; forgotten with the content. */
const told = new WeakMap<RecordContent, Map<string, MarkedSnapshot>>()

/** @param content null if there is no such record; otherwise the same object for all who are told of it. */
export function markedSnapshotFor(
  reader: Reader,
  key: RecordKey,
  content: RecordContent | null,
): MarkedSnapshot {
  if (content === null || content.erased) return marked(snapshotFor(reader, key, content))
  const known = told.get(content) ?? new Map<string, MarkedSnapshot>()
  told.set(content, known)
  const rights = rightsOn(reader, content)
  const found = known.get(rights) ?? marked(snapshotFor(reader, key, content))
  known.set(rights, found)
  return found
}

const marked = (record: RecordSnapshot): MarkedSnapshot => ({ record, mark: markOf(record) })

/** Names all that a reader may do with this content: whoever has the same is shown the same. */
function rightsOn(reader: Reader, content: RecordContent): string {
  const { authorizer, collection } = reader
  const asked = askedAbout(reader, content)
  const { readOnly, mayDelete } = mayDo(asked, authorizer)
  const declared = [...collection.fields.keys(), ...collection.texts]
  const seen = authorizer.mayReadAll(asked)
    ? null
    : declared.filter((field) => authorizer.mayReadField(asked, field))
  const resolved = content.conflicts.map((conflict) => authorizer.mayResolve(asked, conflict).ok)
  return JSON.stringify([authorizer.mayRead(asked), seen, readOnly, mayDelete, resolved])
}

/** @param content null if there is no such record. */
function snapshotFor(reader: Reader, key: RecordKey, content: RecordContent | null): RecordSnapshot {
  const { authorizer, collection } = reader
  if (content?.erased === true) return erased(reader)
  const asked = askedAbout(reader, content)
  if (content === null || asked.record === null || !authorizer.mayRead(asked))
    return missing({ ...asked, record: null }, authorizer)
  const sees = (field: string): boolean => authorizer.mayReadField(asked, field)
  const shown = content.deleted ? [] : Object.entries(content.fields).filter(([field]) => sees(field))
  return {
    status: content.deleted ? 'deleted' : 'live',
    version: encodeVersion({ heads: headsSeen(content, collection, sees), textVersion: 0 }),
    fields: Object.fromEntries(shown),
    conflicts: content.conflicts
      .filter((conflict) => isOpen(conflict) && !isDeadLetter(conflict) && conflict.fields.every(sees))
      .map((conflict) =>
        conflictAnswer(withoutUnseen(conflict, sees), key, authorizer.mayResolve(asked, conflict).ok),
      )
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    ...mayDo(asked, authorizer),
  }
}

const askedAbout = ({ actor, collection }: Reader, content: RecordContent | null): Asked => ({
  actor,
  collection,
  record: content === null || content.heads.length === 0 ? null : content.fields,
})

/** There is nothing left that a function could be asked about, so it answers no (A4, E4). */
function erased({ authorizer, actor, collection }: Reader): RecordSnapshot {
  const asked: Asked = { actor, collection, record: null }
  const told = missing(asked, authorizer)
  return authorizer.mayRead(asked) ? { ...told, status: 'erased' } : told
}

/** A record that its reader may not see is answered as one that does not exist (A3), whatever it holds. */
const missing = (asked: Asked, authorizer: Authorizer): RecordSnapshot => ({
  status: 'missing',
  version: null,
  fields: {},
  conflicts: [],
  ...mayDo(asked, authorizer),
})

const mayDo = (asked: Asked, authorizer: Authorizer): Pick<RecordSnapshot, 'readOnly' | 'mayDelete'> => ({
  readOnly: [...asked.collection.fields.keys()].filter(
    (field) => authorizer.mayReadField(asked, field) && !authorizer.mayWriteField(asked, field),
  ),
  mayDelete: authorizer.mayWrite(asked),
})

const MARK_LENGTH = 22

/** Equal for equal content: 132 bits of its digest. */
export const markOf = (content: unknown): Mark =>
  createHash('sha256')
    .update(encodeCbor(content as CborValue))
    .digest('base64url')
    .slice(0, MARK_LENGTH)
