// What the gate's fuzzer needs of one piece of the gate: honest inputs, a way to spoil them, and a run.
import type { SeededRandom } from '../support/seeded-random.ts'

export interface GateTarget {
  readonly name: string
  /** Recorded from real clients, or made by the libraries that they run. */
  readonly seeds: readonly Uint8Array[]
  /** Inputs between two looks at what has run; fewer where each costs much. */
  readonly batch: number
  /** Spoils an input where it hurts, behind checksums and lengths that are made right again. */
  readonly mutate: (input: Uint8Array, other: Uint8Array, random: SeededRandom) => Uint8Array
  /** @throws for whatever no input may bring about. */
  readonly run: (input: Uint8Array) => Ran
}

export interface Ran {
  /** What became of the input, in few words: an outcome that is new makes its input worth keeping. */
  readonly outcome: string
  /** A document that the input was let into, to be loaded by a library that has seen none of this. */
  readonly saved?: SavedDocument
}

export interface SavedDocument {
  readonly kind: 'automerge' | 'yjs'
  readonly bytes: Uint8Array
  /** What a reader sees of it, as `readerView` tells it. */
  readonly seen: string
}

/** A reason without its numbers and names, which would make every refusal a new one. */
export const outcomeOf = (text: string): string =>
  text.replaceAll(/"[^"]*"|[0-9a-f]{32,}|\d+/g, '#').slice(0, 80)
