/**
 * The genesis changes of one document (R2), which are made only if some of them are lacking: who has made a change is
 * enough to tell that it is there, since each of them has an actor of its own.
 */
import type { CausalGraph } from '../../shared/causality/causal-graph.ts'
import type { GenesisActor, GenesisChange } from '../../shared/record/genesis.ts'
import { genesisActorsOf, genesisOf } from '../../shared/record/genesis.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'

type Graph = Pick<CausalGraph, 'lastSeq' | 'hashOf' | 'node'>

export class RecordGenesis {
  readonly #key: RecordKey
  readonly #collection: CollectionSpec
  readonly #epoch: number
  readonly #compartment: string
  readonly #actors: readonly GenesisActor[]
  #changes: readonly GenesisChange[] | null = null

  /** @param epoch how often the record has been erased. */
  constructor(key: RecordKey, collection: CollectionSpec, epoch: number, compartment: string) {
    this.#key = key
    this.#collection = collection
    this.#epoch = epoch
    this.#compartment = compartment
    this.#actors = actorsOf(collection, epoch, compartment)
  }

  /** Those that the document does not have, the naming one first. */
  lacking(graph: Graph): readonly GenesisChange[] {
    const lacking = this.#actors.filter(({ actor }) => graph.lastSeq(actor) === 0)
    if (lacking.length === 0) return []
    this.#changes ??= genesisOf(this.#key, this.#collection, this.#epoch, this.#compartment)
    return this.#changes.filter((change) => lacking.some(({ field }) => field === change.field))
  }

  /** Hashes of those that the document has. */
  known(graph: Graph): readonly string[] {
    return this.#actors.flatMap(({ actor }) => graph.hashOf(actor, 1) ?? [])
  }

  /** Whether a change is one of them, also if the document does not have it yet. */
  includes(graph: Graph, hash: string): boolean {
    const node = graph.node(hash)
    return node === undefined
      ? this.lacking(graph).some((change) => change.hash === hash)
      : this.#actors.some(({ actor }) => actor === node.actor)
  }
}

/** The same for all records of a collection. */
const kept = new WeakMap<CollectionSpec, Map<string, readonly GenesisActor[]>>()

function actorsOf(collection: CollectionSpec, epoch: number, compartment: string): readonly GenesisActor[] {
  const documents = kept.get(collection) ?? new Map<string, readonly GenesisActor[]>()
  kept.set(collection, documents)
  const name = `${epoch}/${compartment}`
  const actors = documents.get(name) ?? genesisActorsOf(collection, epoch, compartment)
  // An erased record is rare: what is kept is for those that have never been.
  if (epoch === 0) documents.set(name, actors)
  return actors
}
