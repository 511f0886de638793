// Which of the product's code has run, counted block by block by the engine itself: what guides the fuzzer.
import { Session } from 'node:inspector'

interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

interface Coverage {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly { readonly ranges: readonly Range[] }[]
  }[]
}

/** A character of a file, for the block that it stands in. */
export interface Spot {
  readonly file: string
  readonly offset: number
}

const OURS = /\/(server|shared)\/[^?]*\.(ts|js)/

export class BlockCoverage {
  readonly #session = new Session()
  /** File → 1 for each character that has run. */
  readonly #seen = new Map<string, Uint8Array>()

  constructor() {
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Characters of source that have run. */
  get covered(): number {
    let sum = 0
    for (const file of this.#seen.values()) for (const mark of file) sum += mark
    return sum
  }

  /** A spot of each file in which something has run since the last call, and never before that. */
  fresh(): readonly Spot[] {
    const fresh: Spot[] = []
    for (const [file, ran] of this.ran()) {
      const seen = grown(this.#seen.get(file), ran.length)
      this.#seen.set(file, seen)
      let spot: number | null = null
      for (let offset = 0; offset < ran.length; offset++)
        if (ran[offset] === 1 && seen[offset] === 0) {
          spot ??= offset
          seen[offset] = 1
        }
      if (spot !== null) fresh.push({ file, offset: spot })
    }
    return fresh
  }

  /** What has run since the last call: file → 1 for each character. */
  ran(): ReadonlyMap<string, Uint8Array> {
    const { result } = this.#post('Profiler.takePreciseCoverage') as Coverage
    const files = new Map<string, Uint8Array>()
    for (const { url, functions } of result) {
      const file = OURS.exec(url)?.[0]
      if (file === undefined || url.includes('/node_modules/')) continue
      const ranges = functions.flatMap((one) => one.ranges)
      const marks = new Uint8Array(Math.max(0, ...ranges.map(({ endOffset }) => endOffset)))
      // Inner ranges come after those around them.
      for (const { startOffset, endOffset, count } of ranges)
        marks.fill(count > 0 ? 1 : 0, startOffset, endOffset)
      files.set(file, marks)
    }
    return files
  }

  stop(): void {
    this.#post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }

  /** The engine answers at once when it is asked from its own thread. */
  #post(method: string, params: object = {}): unknown {
    let answer: unknown
    this.#session.post(method, params, (error, result) => {
      if (error !== null) throw new Error(error.message)
      answer = result
    })
    return answer
  }
}

function grown(marks: Uint8Array | undefined, length: number): Uint8Array {
  if (marks !== undefined && marks.length >= length) return marks
  const longer = new Uint8Array(length)
  if (marks !== undefined) longer.set(marks)
  return longer
}
