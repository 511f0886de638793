// What ought to have become of everything that was written, by a brute-force look at who saw what: plain sets of
// changes, no clocks, no frontiers, and nothing of the planner.
import * as Automerge from '@automerge/automerge'

/** A write as its author made it: to one field, or to fields that are decided together. */
export interface Write {
  readonly id: string
  readonly field: string
  readonly operation: 'set' | 'increment' | 'add' | 'remove'
  readonly value: string | number | null
  /** What its author had before him; null: what was in force when it came in. */
  readonly saw: readonly string[] | null
  /** When he says that he made it, Unix milliseconds; null if he does not say. */
  readonly claimedAt: number | null
}

export interface LogLine {
  readonly position: number
  readonly field: string
  readonly outcome: string
  readonly reason: string | null
  readonly changeHash: string
  readonly receivedAt: string
  readonly metadata: { readonly w?: string; readonly r?: string }
}

/** A write that has come in, with its change and its place in the order of arrival. */
export interface Arrived extends Write {
  readonly hash: string
  readonly position: number
  readonly receivedAt: number
  /** Changes that its author had seen, all that they had seen included. */
  readonly seen: ReadonlySet<string>
}

export type Dispute = { readonly sides: ReadonlySet<string>; readonly isOpen: boolean }

/** Everything that each change of a document builds on, by walking its dependencies. */
export function ancestry(doc: Automerge.Doc<unknown>): ReadonlyMap<string, ReadonlySet<string>> {
  const ancestors = new Map<string, ReadonlySet<string>>()
  for (const bytes of Automerge.getAllChanges(doc)) {
    const { hash, deps } = Automerge.decodeChange(bytes)
    ancestors.set(hash, new Set(deps.flatMap((dep) => [dep, ...(ancestors.get(dep) ?? [])])))
  }
  return ancestors
}

const isTold = ({ outcome, reason }: LogLine): boolean =>
  outcome !== 'superseded' || reason === 'a concurrent write is preferred'

/** @throws Error for a write without a line in the log, or with two. */
export function arrivals(
  writes: readonly Write[],
  log: readonly LogLine[],
  ancestors: ReadonlyMap<string, ReadonlySet<string>>,
): readonly Arrived[] {
  return writes
    .map((write) => {
      const lines = log.filter(
        ({ metadata, field, ...line }) =>
          metadata.w === write.id && field === write.field && isTold({ metadata, field, ...line }),
      )
      const [line] = lines
      if (line === undefined || lines.length > 1)
        throw new Error(`write ${write.id} of ${write.field} has ${lines.length} lines in the log`)
      const hash = line.changeHash
      const saw = write.saw ?? [...(ancestors.get(hash) ?? [])]
      const seen = new Set(saw.flatMap((head) => [head, ...(ancestors.get(head) ?? [])]))
      return { ...write, hash, position: line.position, receivedAt: Date.parse(line.receivedAt), seen }
    })
    .sort((a, b) => a.position - b.position)
}

/** Decisions in the log: they are seen by who saw their change. */
export interface Decision {
  readonly hash: string
  readonly position: number
  readonly isUndo: boolean
  readonly value: string | null
}

/** C1–C6 for one critical field or group: which writes compete, in which conflict, and what is in force. */
export function disputesOf(
  writes: readonly Arrived[],
  decisions: readonly Decision[],
): { readonly disputes: readonly Dispute[]; readonly inForce: string | number | null } {
  const disputes: {
    sides: Set<string>
    isOpen: boolean
    held: string | number | null
    decision: string | null
  }[] = []
  let standing: { hash: string; value: string | number | null }[] = []
  const events = [...writes, ...decisions].sort((a, b) => a.position - b.position)
  for (const event of events) {
    const last = disputes.at(-1)
    if ('isUndo' in event) {
      if (last === undefined) throw new Error('a decision without a dispute')
      if (!event.isUndo) {
        standing = [{ hash: event.hash, value: event.value }]
        Object.assign(last, { isOpen: false, decision: event.hash })
        continue
      }
      const isUntouched = standing.length === 1 && standing[0]?.hash === last.decision
      if (!isUntouched) {
        for (const { hash } of standing.slice(-1)) last.sides.add(hash)
        last.held = standing.at(-1)?.value ?? null
      }
      Object.assign(last, { isOpen: true, decision: null })
      continue
    }
    if (last?.isOpen === true) {
      last.sides.add(event.hash)
      continue
    }
    const unseen = standing.filter(({ hash }) => !event.seen.has(hash))
    const against = unseen.filter(({ value }) => value !== event.value)
    if (against.length === 0) {
      standing = [...unseen, { hash: event.hash, value: event.value }]
      continue
    }
    const held = standing.at(-1)?.value ?? null
    const sides = [...against.map(({ hash }) => hash), event.hash]
    const isStraggler = last?.decision != null && !event.seen.has(last.decision)
    if (last !== undefined && isStraggler) {
      for (const side of sides) last.sides.add(side)
      Object.assign(last, { isOpen: true, held, decision: null })
    } else disputes.push({ sides: new Set(sides), isOpen: true, held, decision: null })
  }
  const last = disputes.at(-1)
  const inForce = last?.isOpen === true ? last.held : (standing.at(-1)?.value ?? null)
  return { disputes, inForce }
}

/** Of all pairs that did not see each other and differ: those that nobody's later write stands between. */
export function competingPairs(writes: readonly Arrived[]): readonly (readonly [Arrived, Arrived])[] {
  return writes.flatMap((b, index) =>
    writes
      .slice(0, index)
      .filter((a) => a.value !== b.value && !b.seen.has(a.hash) && !a.seen.has(b.hash))
      .filter((a) => !writes.slice(0, index).some((between) => between.seen.has(a.hash)))
      .map((a) => [a, b] as const),
  )
}

/** The register by order of receipt: whoever came last. */
export const lastReceived = (writes: readonly Arrived[]): string | number | null =>
  writes.at(-1)?.value ?? null

/**
 * The register by edit time: of the writes that nobody has seen and replaced, those that were edited last. More than
 * one value if the clocks do not tell them apart.
 */
export function lastEdited(
  writes: readonly Arrived[],
  all: readonly Pick<Arrived, 'hash' | 'claimedAt' | 'receivedAt'>[],
): ReadonlySet<string | number | null> {
  if (writes.length === 0) return new Set([null])
  const maximal = writes.filter((write) => !writes.some((other) => other.seen.has(write.hash)))
  const timeOf = (write: Arrived): number => {
    const known = all.filter(({ hash }) => hash === write.hash || write.seen.has(hash))
    return Math.max(
      ...known.map(({ claimedAt, receivedAt }) => Math.min(claimedAt ?? receivedAt, receivedAt)),
    )
  }
  const newest = Math.max(...maximal.map(timeOf))
  return new Set(maximal.filter((write) => timeOf(write) === newest).map(({ value }) => value))
}

/** Writes that nobody has seen and replaced, and that are not in force all the same: their authors have lost. */
export const losersOf = (writes: readonly Arrived[], inForce: unknown): readonly Arrived[] =>
  writes.filter((write) => write.value !== inForce && !writes.some((other) => other.seen.has(write.hash)))

export const sumOf = (writes: readonly Arrived[]): number =>
  writes.reduce((sum, { value }) => sum + Number(value), 0)

/** An add stands unless somebody who had seen it removed the item. */
export const itemsOf = (writes: readonly Arrived[]): readonly string[] => {
  const present = writes.filter(
    (add) =>
      add.operation === 'add' &&
      !writes.some(
        ({ operation, value, seen }) => operation === 'remove' && value === add.value && seen.has(add.hash),
      ),
  )
  return [...new Set(present.map(({ value }) => String(value)))].sort()
}
