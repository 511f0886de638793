/** A record's history as people tell it: what one author wrote at once is a moment, to which one can travel. Pure. */
import type { Json, JsonObject } from '../../../../shared/json.ts'
import type { HistoryLine } from '../inspector/inspection.ts'

/** A line of `…/history`, as /openapi.json tells it. */
export interface RecordLine extends HistoryLine {
  readonly oldValue: Json
  readonly newValue: Json
  readonly version: string | null
  readonly session: string
  readonly device: string | null
  readonly metadata: JsonObject
  readonly claimedAt: string | null
}

export interface Moment {
  /** Of the newest line. */
  readonly position: number
  /** The record as its author had it with that change; null if nothing was written. */
  readonly version: string | null
  readonly author: string
  readonly door: string
  readonly device: string | null
  readonly metadata: JsonObject
  readonly claimedAt: string | null
  readonly receivedAt: string
  /** What became of each field, in the order in which the log has it, newest first. */
  readonly lines: readonly RecordLine[]
}

/** @param lines newest first. */
export function momentsOf(lines: readonly RecordLine[]): readonly Moment[] {
  const moments: Moment[] = []
  for (const line of lines) {
    const last = moments.at(-1)
    if (last !== undefined && isOneChange(last, line))
      moments[moments.length - 1] = { ...last, lines: [...last.lines, line] }
    else moments.push(momentOf(line))
  }
  return moments
}

const isOneChange = ({ version, author, lines }: Moment, line: RecordLine): boolean =>
  version !== null &&
  version === line.version &&
  author === line.author &&
  !lines.some(({ field }) => field === line.field)

const momentOf = (line: RecordLine): Moment => ({
  position: line.position,
  version: line.version,
  author: line.author,
  door: line.door,
  device: line.device,
  metadata: line.metadata,
  claimedAt: line.claimedAt,
  receivedAt: line.receivedAt,
  lines: [line],
})

/** A place on the slider. */
export interface Stop {
  readonly version: string
  /** Null: now. */
  readonly moment: Moment | null
}

/**
 * Where one can travel to, the oldest first and now at the end: each version once.
 * @param now the version that is in force.
 */
export function stopsOf(moments: readonly Moment[], now: string): readonly Stop[] {
  const stops = new Map<string, Stop>()
  for (const moment of moments)
    if (moment.version !== null && !stops.has(moment.version))
      stops.set(moment.version, { version: moment.version, moment })
  stops.delete(now)
  return [...[...stops.values()].reverse(), { version: now, moment: null }]
}
