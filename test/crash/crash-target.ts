// The port of the crash harness: a server that can be started, made to crash, and written to through its doors.
import type { SeededRandom } from '../support/seeded-random.ts'
import type { Finding } from './ledger.ts'

export interface CrashTarget {
  readonly doors: readonly LoadDoor[]
  /** Starts on the data that is there. @throws Error if the server does not come up. */
  start(): Promise<void>
  /** Ends the server with no chance to tidy up, also while it starts. Afterwards nothing of it runs. */
  crash(): Promise<void>
  /**
   * Copies the data of the stopped server, at once, and looks into the copy.
   * @param isLast whether the data folder is given up after this, so that it may be looked at twice.
   * @returns what is wrong, a sentence each.
   */
  audit(isLast: boolean): Promise<readonly string[]>
  [Symbol.asyncDispose](): Promise<void>
}

/** A door under load, with the clients that write through it. They keep a ledger of what was acknowledged. */
export interface LoadDoor {
  readonly name: string
  /** Makes what the load needs, on a running server. Called once, before the first load. */
  prepare(): Promise<void>
  /**
   * Writes until the signal; then no client is connected any more. Errors of a server that goes are no errors.
   * @param slowness by how much longer the clients pause between two writes than they would; 1 if it is left out.
   */
  load(signal: AbortSignal, random: SeededRandom, slowness?: number): Promise<void>
  /** Holds what the server shows, to a reader who brings nothing, against the ledger. */
  check(): Promise<readonly Finding[]>
  /** The clients come back and send again what was not acknowledged, until all of it is. */
  finish(): Promise<void>
  /** As `check`, when all that was sent has been acknowledged. */
  checkFinished(): Promise<readonly Finding[]>
  readonly figures: DoorFigures
}

export interface DoorFigures {
  readonly sent: number
  readonly acknowledged: number
}
