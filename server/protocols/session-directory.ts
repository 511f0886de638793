/** The sessions that are open: how many, whose, and what of a record each of them has open. */
import type { DoorName } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { keyString } from '../../shared/record/record-key.ts'
import type { Session } from './session.ts'

/** A session as those may know of it who keep the server, or read the record. */
export interface SessionEntry {
  readonly session: string
  readonly subject: string
  readonly device: string | null
  readonly door: DoorName
  /** ISO 8601. */
  readonly since: string
}

export interface SessionStatus extends SessionEntry {
  /** Records that it has open. */
  readonly records: number
  /** Bytes that wait for its reader. */
  readonly waitingBytes: number
}

export class SessionDirectory {
  /** By number, in the order in which they came. */
  readonly #sessions = new Map<number, Session>()
  #last = 0

  /** @returns a function that takes it out again. */
  add(session: Session): () => void {
    this.#last += 1
    const number = this.#last
    this.#sessions.set(number, session)
    return () => this.#sessions.delete(number)
  }

  get size(): number {
    return this.#sessions.size
  }

  /** How many have come since the server was started. */
  get everCame(): number {
    return this.#last
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#sessions.values()
  }

  /** Of those that were let in. */
  get byDoor(): ReadonlyMap<DoorName, number> {
    const counts = new Map<DoorName, number>()
    for (const { door, isEnded } of this) if (!isEnded) counts.set(door, (counts.get(door) ?? 0) + 1)
    return counts
  }

  countOf(tenant: string): number {
    let count = 0
    for (const session of this) if (isOf(session, tenant)) count += 1
    return count
  }

  /** Those of a tenant, in the order in which they came. @param after where the last page ended. */
  page(
    tenant: string,
    after: number,
    limit: number,
  ): { readonly items: readonly SessionStatus[]; readonly next: number | null } {
    const items: SessionStatus[] = []
    let last = after
    for (const [number, session] of this.#sessions) {
      if (number <= after || !isOf(session, tenant)) continue
      if (items.length === limit) return { items, next: last }
      items.push({
        ...entryOf(session),
        records: new Set([...session.places].map(({ key }) => keyString(key))).size,
        waitingBytes: session.waitingBytes,
      })
      last = number
    }
    return { items, next: null }
  }

  /** Who has the record open, by lane. */
  inRoom(key: RecordKey): readonly (SessionEntry & { readonly lanes: readonly ('fields' | 'text')[] })[] {
    const name = keyString(key)
    const present = []
    for (const session of this) {
      if (!isOf(session, key.tenant)) continue
      const lanes = [...session.places].filter((place) => keyString(place.key) === name)
      if (lanes.length === 0) continue
      present.push({ ...entryOf(session), lanes: [...new Set(lanes.map(({ lane }) => lane))].sort() })
    }
    return present
  }
}

const isOf = ({ actor, isEnded }: Session, tenant: string): boolean => !isEnded && actor.tenant === tenant

const entryOf = ({ id, actor, door, openedAt }: Session): SessionEntry => ({
  session: id,
  subject: actor.subject,
  device: actor.device,
  door,
  since: openedAt,
})
