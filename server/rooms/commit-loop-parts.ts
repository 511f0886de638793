/** What a commit loop is made of: how a room loads, plans and commits, and whom it tells. */
import type { ErrorCode } from '../../shared/errors/error-table.ts'
import type { MeasuredLane, Measures } from '../measures.ts'
import type { Plan } from '../plan/plan.ts'
import type { CommitResult } from '../storage/storage.ts'
import type { StoreHealth } from './store-health.ts'

export interface Planned<State, Outcome> {
  readonly plan: Plan | null
  readonly next: State
  readonly outcomes: readonly Outcome[]
}

export interface CommitLoopParts<State, Command, Outcome> {
  readonly load: () => Promise<State>
  /**
   * May look up what else the plan depends on, anew for each attempt. May throw if a library does; the
   * commands are then tried one by one on a fresh state.
   */
  readonly plan: (
    state: State,
    commands: readonly Command[],
  ) => Planned<State, Outcome> | Promise<Planned<State, Outcome>>
  /** What a command costs beside the others, of `WEIGHT_MAX` that one commit carries. */
  readonly weigh: (command: Command) => number
  /** How far apart two commits begin at least, in milliseconds; what arrives meanwhile shares the second one. */
  readonly intervalMs?: () => number
  readonly commit: (plan: Plan) => Promise<CommitResult>
  /** Tells peers, after the commit and before the commands are answered. */
  readonly publish: (plan: Plan, state: State) => void
  /** What is done when the state leaves memory, to make it cheaper to load again. Never rejects. */
  readonly last?: (state: State) => Promise<void>
  /** Frees a state that is no longer used, but for what another one shares with it. */
  readonly dispose: (state: State, kept: State | null) => void
  readonly lane: MeasuredLane
  /** Why a command, or parts of it, were not taken. */
  readonly refusalsIn: (outcome: Outcome) => readonly ErrorCode[]
  readonly measures: Measures
  readonly health: StoreHealth
  readonly sleep: (ms: number) => Promise<void>
  readonly warn: (details: Readonly<Record<string, unknown>>, message: string) => void
}
