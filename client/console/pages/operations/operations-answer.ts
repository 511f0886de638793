/** What `GET /v1/operations` and `GET /v1/operations/sessions` answer, as /openapi.json tells it. */

export interface Sample {
  readonly ageMs: number
  readonly commits: number
  readonly refused: number
  readonly acknowledgementP50Ms: number | null
  readonly acknowledgementP95Ms: number | null
  readonly sessions: number
  readonly rooms: number
  readonly laggingTexts: number
  readonly eventLoopDelayMs: number
}

export interface Operations {
  readonly at: string
  readonly startedAt: string
  readonly store: { readonly state: 'ok' | 'failing'; readonly reason?: string; readonly since?: string }
  readonly server: {
    readonly sessions: Readonly<Record<string, number>>
    readonly rooms: { readonly fields: number; readonly text: number; readonly bytes: number }
    readonly since: { readonly commits: number; readonly refused: number }
    readonly projection: { readonly failing: number }
    readonly memoryBytes: number
  }
  readonly tenant: {
    readonly sessions: number
    readonly openConflicts: number
    readonly oldestConflictAt: string | null
    readonly laggingTexts: number
    readonly laggingUpdates: number
    readonly outboxEvents: number
  }
  readonly window: { readonly sampleMs: number; readonly samples: readonly Sample[] }
}

export interface OpenSession {
  readonly session: string
  readonly subject: string
  readonly device: string | null
  readonly door: string
  readonly since: string
  readonly records: number
  readonly waitingBytes: number
}
