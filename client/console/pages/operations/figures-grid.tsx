/** How the server does, figure by figure. */
import { SimpleGrid } from '@mantine/core'
import { formatAge, formatBytes, formatCount, formatMs, plural } from '../../components/figures.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { FigureCardProps } from './figure-card.tsx'
import { FigureCard } from './figure-card.tsx'
import type { Operations, Sample } from './operations-answer.ts'

const SPAN_MS = 300_000
/** Events are counted up to here. */
const OUTBOX_COUNT_MAX = 10_000
/** Beyond it, a person who waits for an answer notices. */
const SLOW_MS = 1_000

export function FiguresGrid({ operations }: { readonly operations: Operations }) {
  const { server, tenant, store, window } = operations
  const { sampleMs, samples } = window
  const latest = samples.at(-1)
  const history = (
    read: (sample: Sample) => number | null,
    format: (value: number) => string,
  ): NonNullable<FigureCardProps['history']> => ({
    points: samples.map((sample) => ({ ageMs: sample.ageMs, value: read(sample) })),
    spanMs: SPAN_MS,
    gapMs: 2 * sampleMs,
    format,
  })
  const perSecond = ({ commits }: Sample): number => commits / (sampleMs / 1000)
  const p95 = lastKnown(samples, ({ acknowledgementP95Ms }) => acknowledgementP95Ms)
  const p50 = lastKnown(samples, ({ acknowledgementP50Ms }) => acknowledgementP50Ms)
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 3, xl: 4 }} spacing="sm">
      <FigureCard
        title="Store"
        value={store.state === 'ok' ? 'Takes writes' : 'Refuses writes'}
        detail={store.state === 'ok' ? <StartedAt {...operations} /> : store.reason}
        isAlarming={store.state !== 'ok'}
      />
      <FigureCard
        title="Sessions"
        value={formatCount(sum(Object.values(server.sessions)))}
        detail={byDoor(server.sessions)}
        history={history(({ sessions }) => sessions, formatCount)}
      />
      <FigureCard
        title="Rooms"
        value={formatCount(server.rooms.fields + server.rooms.text)}
        detail={`${plural(server.rooms.fields, 'record')} and ${plural(server.rooms.text, 'text')} open, ${formatBytes(server.rooms.bytes)}`}
        history={history(({ rooms }) => rooms, formatCount)}
      />
      <FigureCard
        title="Commits per second"
        value={latest === undefined ? '–' : formatCount(perSecond(latest))}
        detail={`${formatCount(server.since.commits)} since the start; ${plural(server.since.refused, 'command')} refused`}
        history={history(perSecond, formatCount)}
      />
      <FigureCard
        title="Acknowledgement latency"
        value={p95 === null ? '–' : formatMs(p95)}
        detail={
          p50 === null
            ? 'Nobody has written in the last minutes'
            : `95th percentile; half within ${formatMs(p50)}`
        }
        history={history(({ acknowledgementP95Ms }) => acknowledgementP95Ms, formatMs)}
        isAlarming={p95 !== null && p95 > SLOW_MS}
      />
      <FigureCard
        title="Projection lag"
        value={plural(tenant.laggingUpdates, 'update')}
        detail={
          server.projection.failing > 0
            ? `${plural(server.projection.failing, 'text')} cannot be projected: see the log`
            : tenant.laggingTexts === 0
              ? 'Every text is in its columns; fields never lag'
              : `${plural(tenant.laggingTexts, 'text')} not in the columns yet`
        }
        history={history(({ laggingTexts }) => laggingTexts, formatCount)}
        isAlarming={server.projection.failing > 0}
      />
      <FigureCard title="Conflict age" {...conflictAge(operations)} />
      <FigureCard
        title="Outbox"
        value={plural(tenant.outboxEvents, 'event')}
        detail={
          tenant.outboxEvents >= OUTBOX_COUNT_MAX
            ? 'Or more: they are counted no further'
            : 'Kept for delivery'
        }
      />
      <FigureCard
        title="Event loop delay"
        value={latest === undefined ? '–' : formatMs(latest.eventLoopDelayMs)}
        detail={`The longest of the last ${sampleMs / 1000} seconds; ${formatBytes(server.memoryBytes)} in memory`}
        history={history(({ eventLoopDelayMs }) => eventLoopDelayMs, formatMs)}
      />
    </SimpleGrid>
  )
}

const StartedAt = ({ startedAt }: Operations) => (
  <>
    The server started <RelativeTime at={startedAt} />
  </>
)

function conflictAge({ at, tenant }: Operations): Pick<FigureCardProps, 'value' | 'detail'> {
  const { oldestConflictAt, openConflicts } = tenant
  if (oldestConflictAt === null) return { value: '–', detail: 'Nothing waits for a decision' }
  return {
    value: formatAge(Math.max(0, Date.parse(at) - Date.parse(oldestConflictAt))),
    detail: `The oldest of ${plural(openConflicts, 'open conflict')}`,
  }
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0)

function byDoor(sessions: Operations['server']['sessions']): string {
  const open = Object.entries(sessions).filter(([, count]) => count > 0)
  return open.length === 0 ? 'No socket is open' : open.map(([door, count]) => `${count} ${door}`).join(', ')
}

function lastKnown(samples: readonly Sample[], read: (sample: Sample) => number | null): number | null {
  for (const sample of samples.toReversed()) {
    const value = read(sample)
    if (value !== null) return value
  }
  return null
}
