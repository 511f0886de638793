// The history of a record as the gate sees it, kept in memory from the changes that it has accepted.
import type { DecodedChange } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'
import type { KnownHistory } from '../../../server/gate/known-history.ts'
import { CausalGraph } from '../../../shared/causality/causal-graph.ts'

export class RecordedHistory implements KnownHistory {
  readonly #graph = new CausalGraph()
  readonly #changes = new Map<string, DecodedChange>()
  #lastOp = 0

  static of(doc: Automerge.Doc<unknown>): RecordedHistory {
    const history = new RecordedHistory()
    for (const change of Automerge.getAllChanges(doc)) history.add(Automerge.decodeChange(change))
    return history
  }

  add(change: DecodedChange): void {
    const { hash, actor, seq, startOp, deps, ops } = change
    this.#graph.add({ hash, actor, seq, startOp, opCount: ops.length, deps, time: 0 })
    this.#changes.set(hash, change)
    this.#lastOp = Math.max(this.#lastOp, startOp + ops.length - 1)
  }

  hasChange(hash: string): boolean {
    return this.#graph.has(hash)
  }

  maxOp(hash: string): number {
    return this.#graph.maxOp(hash)
  }

  lastOp(): number {
    return this.#lastOp
  }

  lastSeq(actor: string): number {
    return this.#graph.lastSeq(actor)
  }

  hashOf(actor: string, seq: number): string | undefined {
    return this.#graph.hashOf(actor, seq)
  }

  sees(hash: string, actor: string, seq: number): boolean {
    return this.#graph.sees(hash, actor, seq)
  }

  changeWithOp(counter: number, actor: string): DecodedChange | undefined {
    const node = this.#graph.changeWithOp(counter, actor)
    return node === undefined ? undefined : this.#changes.get(node.hash)
  }
}
