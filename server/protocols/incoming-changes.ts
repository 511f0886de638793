/**
 * The changes that one socket brings for one document: submits what can be taken, and keeps the rest until what it
 * builds on has come, with a later message or from another session.
 */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { AutomergeLimits } from '../gate/automerge-limits.ts'
import { documentOf } from '../plan/record-state.ts'
import type { RecordRoom } from '../rooms/record-room.ts'
import type { Turns } from '../rooms/turns.ts'
import type { KnownChanges } from './waiting-changes.ts'
import { knownOf, WaitingChanges } from './waiting-changes.ts'

export interface IncomingChangesParts {
  readonly automergeLimits: AutomergeLimits
  readonly turns: Turns
}

/** @returns those that build on what has not come. */
export type SubmitChanges = (
  room: RecordRoom,
  compartment: string,
  changes: readonly Uint8Array[],
) => Promise<readonly Uint8Array[]>

/** What may wait on one document of one socket. The peer would not send again what is dropped. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024
const WAITING_MAX = 20_000

export class IncomingChanges {
  readonly #waiting: WaitingChanges
  readonly #turns: Turns
  readonly #submit: SubmitChanges

  constructor({ automergeLimits, turns }: IncomingChangesParts, submit: SubmitChanges) {
    this.#waiting = new WaitingChanges(automergeLimits)
    this.#turns = turns
    this.#submit = submit
  }

  /** Resolves when all that can be taken is durable. @throws SluiceError also `too_many`, if too much waits. */
  async take(room: RecordRoom, compartment: string, changes: readonly Uint8Array[]): Promise<void> {
    const broken = await this.#putAside(changes)
    if (broken.length > 0) await this.#submit(room, compartment, broken)
    while (this.#waiting.count > 0) {
      const ready = await this.#turns.run(() =>
        room.read((state) => this.#waiting.takeReady(knownOf(documentOf(state, compartment)))),
      )
      if (ready.length === 0) break
      const { count } = this.#waiting
      for (const orphan of await this.#submit(room, compartment, ready)) this.#waiting.putBack(orphan)
      if (this.#waiting.count === count + ready.length) break
    }
    if (this.#waiting.bytes > WAITING_BYTES_MAX || this.#waiting.count > WAITING_MAX)
      throw new SluiceError(
        'too_many',
        `more than ${WAITING_BYTES_MAX} bytes, or ${WAITING_MAX} changes, wait for what they build on`,
      )
  }

  /** Changes that wait for what they build on. */
  get count(): number {
    return this.#waiting.count
  }

  /** See `WaitingChanges.missing`. */
  missing(known: Pick<KnownChanges, 'has'>): readonly string[] {
    return this.#waiting.missing(known)
  }

  /** @returns those that cannot be read, for the gate to say why. */
  async #putAside(changes: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    const broken: Uint8Array[] = []
    for (const change of changes)
      if (!(await this.#turns.run(() => this.#waiting.add(change)))) broken.push(change)
    return broken
  }
}
