/**
 * Who is in a text room: the latest awareness state per Yjs client. A client id belongs to the session that
 * announced it first, or to a later session of the same subject, so that nobody can speak for or silence
 * another.
 */
import type { AwarenessEntry } from '../gate/awareness-gate.ts'

export interface PresenceOwner {
  readonly session: string
  readonly subject: string
}

interface Present extends AwarenessEntry {
  readonly owner: PresenceOwner
}

/** Clients that one session may announce: its own, and those of its tabs. */
const CLIENTS_PER_SESSION_MAX = 16

export class Presence {
  readonly #clients = new Map<number, Present>()

  /** Takes in what a session announces. @returns the entries that others should hear. */
  announce(owner: PresenceOwner, entries: readonly AwarenessEntry[]): readonly AwarenessEntry[] {
    return entries.filter((entry) => {
      const known = this.#clients.get(entry.client)
      if (
        known !== undefined &&
        known.owner.session !== owner.session &&
        known.owner.subject !== owner.subject
      )
        return false
      if (
        known === undefined &&
        (entry.state === null || this.#countOf(owner.session) >= CLIENTS_PER_SESSION_MAX)
      )
        return false
      // A client that comes back on a new socket repeats its clock.
      if (known !== undefined && entry.clock < known.clock) return false
      if (entry.state === null) this.#clients.delete(entry.client)
      else this.#clients.set(entry.client, { ...entry, owner })
      return true
    })
  }

  /** Forgets a session. @returns what tells the others that its clients are gone. */
  leave(session: string): readonly AwarenessEntry[] {
    const gone = [...this.#clients.values()].filter(({ owner }) => owner.session === session)
    return gone.map(({ client, clock }) => {
      this.#clients.delete(client)
      return { client, clock: clock + 1, state: null }
    })
  }

  get entries(): readonly AwarenessEntry[] {
    return [...this.#clients.values()].map(({ client, clock, state }) => ({ client, clock, state }))
  }

  /** The subject behind a client that is present; undefined if it is not. */
  subjectOf(client: number): string | undefined {
    return this.#clients.get(client)?.owner.subject
  }

  #countOf(session: string): number {
    let count = 0
    for (const { owner } of this.#clients.values()) if (owner.session === session) count++
    return count
  }
}
