/**
 * Writes a record that nobody has, and makes it again from what would be saved: everybody would wait for the code that does
 * so to be compiled when the first records come after a start. It touches neither rooms, nor the store, nor the library,
 * which saves documents in a thread of its own, and is done a little in each turn.
 */
import type { FieldOp } from '../../shared/record/field-op.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { checkSchema } from '../../shared/schema/check-schema.ts'
import { collection } from '../../shared/schema/collection.ts'
import { defineConfig } from '../../shared/schema/config.ts'
import { s } from '../../shared/schema/field.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { Authorizer } from '../auth/authorizer.ts'
import { defaultAutomergeLimits } from '../gate/automerge-limits.ts'
import { foldJournal } from '../plan/fold-journal.ts'
import type { ChainedEntry } from '../plan/plan.ts'
import type { PlanContext } from '../plan/plan-record.ts'
import { planRecord } from '../plan/plan-record.ts'
import type { RecordCommand } from '../plan/record-command.ts'
import { encodeSnapshot, frameOf } from '../plan/record-snapshot.ts'
import { emptyRecordState, freeState } from '../plan/record-state.ts'

/** Enough that the compiler takes notice, and little enough that it is over soon. */
const WRITES = 24
/** The record is made again each time that it has got so many. */
const MADE_AGAIN_AFTER = 6
/** What the library would have saved is not looked at. */
const UNREAD = new Uint8Array()
/** What is written has the same hashes at every start. */
const AT = '2026-01-01T00:00:00.000Z'
const KEY = { tenant: 'nobody', collection: 'nothing', id: 'none' }

/** @param pause lets others have their turn. @returns how long the last snapshot is in bytes; the same each time. */
export async function warmUpRecords(pause: () => Promise<void>): Promise<number> {
  const spec = specOf(KEY.collection)
  let state = emptyRecordState(KEY, spec)
  let saved: Snapshot = { version: 0, bytes: new Uint8Array() }
  let tail: ChainedEntry[] = []
  let seen: readonly string[] = []
  for (let write = 0; write <= WRITES; write++) {
    await pause()
    // The record first comes to be without fields, or the first step would be by far the longest. Now and then
    // somebody has not seen what was written last.
    const command = write === 0 ? ENSURE : writeOf(write, write % 4 === 0 ? seen : null)
    const { plan, next } = planRecord(state, [command], CONTEXT)
    seen = [...state.doc.heads]
    state = next
    tail.push(...(plan?.journal ?? []))
    if (write === 0 || write % MADE_AGAIN_AFTER > 0) continue
    await pause()
    const snapshot = saved.version === 0 ? null : saved
    const input = { snapshot, tail, chain: state.chain, bindings: state.bindings, createdAt: AT }
    freeState(state, null)
    state = foldJournal(KEY, spec, input)
    await pause()
    saved = { version: state.version, bytes: encodeSnapshot(frameOf(state), UNREAD) }
    tail = []
  }
  freeState(state, null)
  return saved.bytes.byteLength
}

interface Snapshot {
  readonly version: number
  readonly bytes: Uint8Array
}

function writeOf(write: number, saw: readonly string[] | null): RecordCommand {
  const ops: readonly FieldOp[] = [
    { type: 'set', field: 'name', value: `name ${write}` },
    { type: 'set', field: 'dose', value: write },
    { type: 'increment', field: 'count', amount: 1 },
    { type: 'add', field: 'names', items: [`name ${write % 3}`] },
  ]
  const origin = originOf(write % 2 === 0 ? 'somebody' : 'somebody else')
  return { type: 'write', intent: 'upsert', ops, saw, strict: false, keep: null, origin }
}

function originOf(subject: string): Origin {
  const nowhere = { roles: [], session: 'none', door: 'rest', device: null, metadata: {} } as const
  return { subject, ...nowhere, claimedAt: null, receivedAt: AT }
}

const ENSURE: RecordCommand = { type: 'ensure', origin: originOf('somebody') }

const CONTEXT: PlanContext = {
  at: AT,
  limits: defaultAutomergeLimits,
  // There are no rules that could fail.
  authorizer: new Authorizer(() => {}),
  storageId: '',
}

function specOf(name: string): CollectionSpec {
  const fields = {
    name: s.string(),
    dose: s.number().critical(),
    count: s.counter(),
    names: s.set(s.string()),
  }
  const checked = checkSchema(defineConfig({ schema: { [name]: collection(fields) } }))
  const spec = checked.ok ? checked.schema.get(name) : undefined
  if (spec === undefined) throw new RangeError('the collection of the warm-up is none')
  return spec
}
