/**
 * The deterministic first changes of a record (R2): byte-identical on every replica, so that two clients
 * which create the same record offline create the same record. One change names the record; every
 * container field has a change of its own, so a field that is declared later adds its own and alters none.
 */
import { decodeChange, encodeChange } from '@automerge/automerge'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { ContainerKind, FieldSpec } from '../schema/field-spec.ts'
import { isContainer } from '../schema/field-spec.ts'
import type { CollectionSpec } from '../schema/schema.ts'
import type { RecordKey } from './record-key.ts'
import { COLLECTION_KEY, CONFLICTS_KEY, ID_KEY } from './reserved-keys.ts'

export interface GenesisChange {
  /** Field whose container it creates; null for the change that names the record. */
  readonly field: string | null
  readonly hash: string
  readonly bytes: Uint8Array
}

const NAMING_OPS = 3

/** All genesis changes of a record, the naming one first, in the order of the fields' names. */
export function genesisOf(
  key: Pick<RecordKey, 'collection' | 'id'>,
  collection: CollectionSpec,
): readonly GenesisChange[] {
  const naming = encode(
    null,
    `record`,
    1,
    [],
    [
      { action: 'set', obj: '_root', key: COLLECTION_KEY, value: key.collection, pred: [] },
      { action: 'set', obj: '_root', key: ID_KEY, value: key.id, pred: [] },
      { action: 'makeMap', obj: '_root', key: CONFLICTS_KEY, pred: [] },
    ],
  )
  const containers = [...collection.fields]
    .filter((entry): entry is [string, FieldSpec & { kind: ContainerKind }] => isContainer(entry[1]))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([field, spec]) =>
      encode(field, `${spec.kind}/${field}`, NAMING_OPS + 1, [naming.hash], [containerOp(field, spec.kind)]),
    )
  return [naming, ...containers]
}

/** The actor that authors a genesis change; nobody else may write under it. */
export const genesisActor = (purpose: string): string =>
  bytesToHex(sha256(utf8ToBytes(`sluice/genesis/${purpose}`)).slice(0, 16))

type Op = Parameters<typeof encodeChange>[0]['ops'][number]

function containerOp(field: string, kind: ContainerKind): Op {
  const slot = { obj: '_root', key: field, pred: [] }
  switch (kind) {
    case 'counter':
      return { action: 'set', ...slot, value: 0, datatype: 'counter' }
    case 'list':
      return { action: 'makeList', ...slot }
    case 'set':
    case 'map':
      return { action: 'makeMap', ...slot }
  }
}

function encode(
  field: string | null,
  purpose: string,
  startOp: number,
  deps: readonly string[],
  ops: readonly Op[],
): GenesisChange {
  const bytes = encodeChange({
    actor: genesisActor(purpose),
    seq: 1,
    startOp,
    time: 0,
    message: null,
    author: null,
    deps: [...deps],
    ops: [...ops],
  })
  return { field, hash: decodeChange(bytes).hash, bytes }
}
