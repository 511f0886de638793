/** What those who keep the server want to know: figures for Prometheus, and a report for people (O1, O2). */
import type { DoorName } from '../../shared/record/origin.ts'
import type { RecordFollower } from '../projection/record-follower.ts'
import type { Rooms, RoomUsage } from '../rooms/rooms.ts'
import type { StoreHealth, StoreStatus } from '../rooms/store-health.ts'
import type { Backlog } from '../storage/inspection-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { registerGauges } from './gauges.ts'
import { LoopDelay } from './loop-delay.ts'
import type { Sample } from './rolling-window.ts'
import type { ServerMeasures, Totals } from './server-measures.ts'

export interface OperationsParts {
  readonly measures: ServerMeasures
  readonly storage: Pick<Storage, 'inspection'>
  readonly rooms: Pick<Rooms, 'usage'>
  readonly projector: Pick<RecordFollower, 'lagging' | 'failures'>
  readonly health: Pick<StoreHealth, 'status'>
  readonly sessions: { readonly byDoor: ReadonlyMap<DoorName, number> }
  /** Now, ISO 8601. */
  readonly now: () => string
}

export interface OperationsReport {
  /** ISO 8601. */
  readonly at: string
  readonly startedAt: string
  readonly store: StoreStatus
  /** Of the whole process, whoever asks. */
  readonly server: {
    readonly sessions: Readonly<Partial<Record<DoorName, number>>>
    readonly rooms: RoomUsage
    readonly since: Totals
    /** Records whose text is being brought into its columns, and those of which that fails. */
    readonly projection: { readonly working: number; readonly failing: number }
    readonly memoryBytes: number
  }
  /** Of the tenant. */
  readonly tenant: Backlog
  readonly window: { readonly sampleMs: number; readonly samples: readonly Sample[] }
}

export class Operations {
  readonly #parts: OperationsParts
  readonly #startedAt: string
  readonly #delay = new LoopDelay()
  readonly #timer: NodeJS.Timeout

  constructor(parts: OperationsParts) {
    this.#parts = parts
    this.#startedAt = parts.now()
    registerGauges(parts)
    const { window } = parts.measures
    this.#timer = setInterval(() => this.#endSlot(), window.slotMs)
    this.#timer.unref()
  }

  /** In Prometheus's text format. */
  async metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    const { registry } = this.#parts.measures
    return { contentType: registry.contentType, text: await registry.metrics() }
  }

  async report(tenant: string): Promise<OperationsReport> {
    const { measures, storage, rooms, projector, health, sessions, now } = this.#parts
    return {
      at: now(),
      startedAt: this.#startedAt,
      store: health.status,
      server: {
        sessions: Object.fromEntries(sessions.byDoor),
        rooms: rooms.usage,
        since: measures.totals,
        projection: { working: projector.lagging, failing: projector.failures.length },
        memoryBytes: process.memoryUsage.rss(),
      },
      tenant: await storage.inspection.backlog(tenant),
      window: { sampleMs: measures.window.slotMs, samples: measures.window.samples },
    }
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#delay.stop()
  }

  #endSlot(): void {
    const { measures, rooms, projector, sessions } = this.#parts
    let open = 0
    for (const count of sessions.byDoor.values()) open += count
    measures.window.endSlot({
      sessions: open,
      rooms: rooms.usage.rooms,
      laggingTexts: projector.lagging,
      eventLoopDelayMs: this.#delay.takeMaxMs(),
    })
  }
}
