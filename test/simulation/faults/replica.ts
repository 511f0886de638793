// What a simulation asks of a client with a copy of its own.
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { Wire } from './wire.ts'

export interface Replica {
  readonly name: string
  readonly door: 'yjs' | 'automerge'
  wire: Wire | null
  /** Says what it says first on a new connection. */
  greet(): void
  /** @throws Error if the server refuses what is honest. */
  hear(frame: Uint8Array): void
  edit(random: SeededRandom, id: string): void
  free(): void
}
