/**
 * The deterministic first changes of a record (R2): byte-identical on every replica, so that two clients
 * which create the same record offline create the same record. One change names the record; every
 * container field has a change of its own, so a field that is declared later adds its own and alters none.
 */
import type { DecodedChange } from '@automerge/automerge'
import { decodeChange, encodeChange } from '@automerge/automerge'
import { compartmentOf, MAIN } from '../schema/compartments.ts'
import type { ContainerKind, FieldSpec } from '../schema/field-spec.ts'
import { isContainer } from '../schema/field-spec.ts'
import type { CollectionSpec } from '../schema/schema.ts'
import type { RecordKey } from './record-key.ts'
import { COLLECTION_KEY, COMPARTMENT_KEY, CONFLICTS_KEY, ID_KEY } from './reserved-keys.ts'
import { serverActor } from './server-actor.ts'

export interface GenesisChange {
  /** Field whose container it creates; null for the change that names the record. */
  readonly field: string | null
  readonly hash: string
  readonly bytes: Uint8Array
}

/** What the naming change writes; that of a compartment also names the compartment. */
const NAMING_OPS = 3

/**
 * All genesis changes of one document of a record, the naming one first, in the order of the fields' names.
 * @param epoch how often the record has been erased: no change of an earlier epoch builds on these (E3).
 */
export function genesisOf(
  key: Pick<RecordKey, 'collection' | 'id'>,
  collection: CollectionSpec,
  epoch = 0,
  compartment = MAIN,
): readonly GenesisChange[] {
  const naming = encode(
    null,
    namingPurpose(epoch),
    1,
    [],
    [
      { action: 'set', obj: '_root', key: COLLECTION_KEY, value: key.collection, pred: [] },
      { action: 'set', obj: '_root', key: ID_KEY, value: key.id, pred: [] },
      { action: 'makeMap', obj: '_root', key: CONFLICTS_KEY, pred: [] },
      ...namingCompartment(compartment),
    ],
  )
  const containers = containersIn(collection, compartment).map(([field, { kind }]) =>
    containerGenesis(naming.hash, field, kind, firstOpAfter(compartment)),
  )
  return [naming, ...containers]
}

/** Who makes a genesis change, and of which field; null for the change that names the record. */
export interface GenesisActor {
  readonly field: string | null
  readonly actor: string
}

/** Of the changes that `genesisOf` gives for these, in their order. Each makes one change of a document at most. */
export const genesisActorsOf = (
  collection: CollectionSpec,
  epoch = 0,
  compartment = MAIN,
): readonly GenesisActor[] => [
  { field: null, actor: genesisActor(namingPurpose(epoch)) },
  ...containersIn(collection, compartment).map(([field, { kind }]) => ({
    field,
    actor: genesisActor(containerPurpose(field, kind)),
  })),
]

const genesisActor = (purpose: string): string => serverActor(`genesis/${purpose}`)
const namingPurpose = (epoch: number): string => (epoch === 0 ? 'record' : `record/${epoch}`)
const containerPurpose = (field: string, kind: ContainerKind): string => `${kind}/${field}`

const containersIn = (
  collection: CollectionSpec,
  compartment: string,
): readonly (readonly [string, FieldSpec & { kind: ContainerKind }])[] =>
  [...collection.fields]
    .filter((entry): entry is [string, FieldSpec & { kind: ContainerKind }] => isContainer(entry[1]))
    .filter(([field]) => compartmentOf(collection, field) === compartment)
    .sort(([a], [b]) => (a < b ? -1 : 1))

const CONTAINER_KINDS: readonly ContainerKind[] = ['counter', 'set', 'list', 'map']

/**
 * Whether a change is the genesis of some container, declared here or not: a client whose schema is ahead of
 * the server's brings such changes, and what it wrote after them must not be refused (R4).
 */
export function isContainerGenesis(
  change: Pick<DecodedChange, 'hash' | 'ops' | 'deps' | 'startOp'>,
): boolean {
  const [naming] = change.deps
  const field = change.ops[0]?.key
  return (
    naming !== undefined &&
    typeof field === 'string' &&
    change.startOp <= NAMING_OPS + 2 &&
    CONTAINER_KINDS.some((kind) => containerGenesis(naming, field, kind, change.startOp).hash === change.hash)
  )
}

const firstOpAfter = (compartment: string): number => NAMING_OPS + (compartment === MAIN ? 1 : 2)

const containerGenesis = (
  naming: string,
  field: string,
  kind: ContainerKind,
  startOp: number,
): GenesisChange =>
  encode(field, containerPurpose(field, kind), startOp, [naming], [containerOp(field, kind)])

type Op = Parameters<typeof encodeChange>[0]['ops'][number]

const namingCompartment = (compartment: string): readonly Op[] =>
  compartment === MAIN
    ? []
    : [{ action: 'set', obj: '_root', key: COMPARTMENT_KEY, value: compartment, pred: [] }]

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
