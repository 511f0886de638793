/** Metrics that are looked up when somebody asks for them. None has a label that grows with the data. */
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import type { DoorName } from '../../shared/record/origin.ts'
import type { Backlog } from '../storage/inspection-storage.ts'
import type { OperationsParts } from './operations.ts'
import type { Sample } from './rolling-window.ts'

const DOORS = ['yjs', 'automerge', 'sync'] as const satisfies readonly DoorName[]
/** One scrape asks for several figures of the same query. */
const BACKLOG_FRESH_MS = 1_000
const MINUTE_MS = 60_000
/** As far as timers go. */
const NEVER_MS = 2 ** 31 - 1

export function registerGauges(parts: OperationsParts): void {
  const { measures, rooms, health, projector, sessions, now } = parts
  const registers = [measures.registry]
  collectProcessMetrics(measures.registry)

  const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await read())
      },
    })
  }
  const labelled = <Label extends string>(
    name: string,
    help: string,
    label: Label,
    read: () => Readonly<Record<string, number>>,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        for (const [value, count] of Object.entries(read())) this.labels(value).set(count)
      },
    })
  }

  labelled('sluice_sessions', 'WebSockets that are open, by door.', 'door', () => {
    const { byDoor } = sessions
    return Object.fromEntries(DOORS.map((door) => [door, byDoor.get(door) ?? 0]))
  })
  labelled('sluice_rooms', 'Records that are open in memory, by lane.', 'lane', () => {
    const { fields, text } = rooms.usage
    return { fields, text }
  })
  gauge('sluice_rooms_bytes', 'Roughly what open records take in memory.', () => rooms.usage.bytes)
  gauge('sluice_store_writable', '1 while the store takes writes, else 0, as /readyz tells.', () =>
    health.status.state === 'ok' ? 1 : 0,
  )
  gauge(
    'sluice_event_loop_delay_max_seconds',
    'The longest that the event loop was late in the last minute.',
    () => longestDelayMs(measures.window.samples) / 1000,
  )
  gauge(
    'sluice_projection_failing_records',
    'Records whose last projection of text failed.',
    () => projector.failures.length,
  )

  const backlog = recentBacklog(parts)
  gauge(
    'sluice_projection_lagging_records',
    'Records whose text columns lag behind their journal. Fields never lag (S2).',
    async () => (await backlog()).laggingTexts,
  )
  gauge(
    'sluice_projection_lagging_updates',
    'Text updates that the columns do not show.',
    async () => (await backlog()).laggingUpdates,
  )
  gauge(
    'sluice_outbox_events',
    'Events in the outbox, counted up to 10,000.',
    async () => (await backlog()).outboxEvents,
  )
  gauge(
    'sluice_conflicts_open',
    'Conflicts that nobody has decided.',
    async () => (await backlog()).openConflicts,
  )
  gauge('sluice_conflict_oldest_age_seconds', 'Age of the oldest of them; 0 if there is none.', async () => {
    const { oldestConflictAt } = await backlog()
    return oldestConflictAt === null ? 0 : (Date.parse(now()) - Date.parse(oldestConflictAt)) / 1000
  })
}

/**
 * The library's, without its monitor of the event loop, which cannot be left out: it would wake the server a hundred times
 * a second, and tells its own interval as delay.
 */
function collectProcessMetrics(register: Registry): void {
  collectDefaultMetrics({ prefix: 'sluice_', register, eventLoopMonitoringPrecision: NEVER_MS })
  for (const figure of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'])
    register.removeSingleMetric(`sluice_nodejs_eventloop_lag_${figure}_seconds`)
}

const longestDelayMs = (samples: readonly Sample[]): number =>
  samples
    .filter(({ ageMs }) => ageMs < MINUTE_MS)
    .reduce((longest, { eventLoopDelayMs }) => Math.max(longest, eventLoopDelayMs), 0)

/** Of all tenants. */
function recentBacklog({ storage, measures }: OperationsParts): () => Promise<Backlog> {
  let known: { readonly at: number; readonly backlog: Promise<Backlog> } | null = null
  return () => {
    const at = measures.clock()
    if (known === null || at - known.at > BACKLOG_FRESH_MS)
      known = { at, backlog: storage.inspection.backlog(null) }
    return known.backlog
  }
}
