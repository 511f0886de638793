/** What the parts of the server tell of their work while they do it: the port. Whoever measures takes it from there. */
import type { ErrorCode } from '../shared/errors/error-table.ts'
import type { DoorName } from '../shared/record/origin.ts'

/** All compartments of a record's fields are one, as far as it is about time. */
export type MeasuredLane = 'fields' | 'text'

export interface Measures {
  /** Milliseconds that only go forward. */
  readonly clock: () => number
  /** A plan has become durable. @param ms from when it was handed to the store, repetitions included. */
  committed(lane: MeasuredLane, commands: number, ms: number): void
  /** A command has been answered. @param ms from when the room had taken it. */
  acknowledged(lane: MeasuredLane, ms: number): void
  /** A command, or a change of it, was not taken: by the gate, for want of permission, or by a rule. */
  refused(lane: MeasuredLane, code: ErrorCode): void
  /** A change was tried in a thread. @param result why it was not taken, or `passed`. */
  tried(kind: 'text' | 'changes', result: ErrorCode | 'passed', ms: number): void
  /** The server has ended a session, and why. */
  ended(door: DoorName, code: ErrorCode): void
}
