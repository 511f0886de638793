/**
 * What was in force at an earlier point of a draft's history, worked out from what is in force now: the library would have to
 * take in the whole history to tell it, which holds the thread for as long as the record is old.
 */
import type { DecodedChange } from '@automerge/automerge'
import type { LiveValues } from './live-values.ts'
import type { LaterChange } from './past-values.ts'
import { pastValues } from './past-values.ts'
import type { PlanSteps } from './plan-steps.ts'
import type { RecordDraft } from './record-draft.ts'

/** Of changes that others may have made since, so many are looked through, and so many in one step. */
const SINCE_MAX = 1000
const STEP_CHANGES = 100

/** Of what the point has seen and a later change has not. */
const MISSED_MAX = 100

/** @returns null if the library has to be asked. */
export function* valuesAt(
  draft: RecordDraft,
  heads: readonly string[],
  sinceMax = SINCE_MAX,
): PlanSteps<LiveValues | null> {
  const { doc } = draft
  const since = changesBetween(draft, heads, draft.heads, sinceMax)
  if (since === null) return null
  const later: LaterChange[] = []
  for (const hash of since) {
    const change = doc.change(hash)
    if (change === undefined) return null
    const missed = (): readonly DecodedChange[] | null => missedBy(draft, hash, heads)
    later.push({ change, missed })
    if (later.length % STEP_CHANGES === 0) yield
  }
  return pastValues(doc.live, later, (counter, actor) => {
    const overwritten = doc.overwritten(`${counter}@${actor}`)
    if (overwritten !== undefined) return overwritten
    const change = draft.changeWithOp(counter, actor)
    return change?.ops[counter - change.startOp]
  })
}

/** What is behind these heads and a change has not seen; null if that is too much to look through. */
function missedBy(
  draft: RecordDraft,
  hash: string,
  heads: readonly string[],
): readonly DecodedChange[] | null {
  const missed = changesBetween(draft, [hash], heads, MISSED_MAX)
  const changes = missed?.flatMap((one) => draft.doc.change(one) ?? [])
  return missed === null || changes === undefined || changes.length < missed.length ? null : changes
}

/**
 * Hashes of what the later heads have seen and the earlier ones have not; null if there are more. The document has a change
 * before the ancestry has it: one that is judged, on which nothing builds yet.
 */
function changesBetween(
  { graph, doc }: RecordDraft,
  earlier: readonly string[],
  later: readonly string[],
  most: number,
): readonly string[] | null {
  const placed = (heads: readonly string[]): readonly string[] =>
    heads.flatMap((head) => (graph.has(head) ? [head] : (doc.change(head)?.deps ?? [])))
  const nodes = graph.since(placed(later), graph.clockAt(placed(earlier)))
  const unplaced = later.filter((head) => !graph.has(head) && !earlier.includes(head))
  return nodes.length + unplaced.length > most ? null : [...nodes.map(({ hash }) => hash), ...unplaced]
}
