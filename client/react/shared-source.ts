/**
 * What components show, opened by the first that shows it and closed a while after the last is gone. So a component that
 * React mounts twice (StrictMode), hides, or suspends before it is mounted opens one channel, and leaves none behind.
 */

/** An external store, as `useSyncExternalStore` wants it, that can say whether there is something to show yet. */
export interface Source<Snapshot> {
  /** The same object until something changes. */
  snapshot(): Snapshot
  /** @returns a function that ends it. */
  subscribe(listener: () => void): () => void
  hasContent(): boolean
  close(): void
}

/** How long what nobody shows stays open: until a component that was suspended, or moved, is mounted. */
const LINGER_MS = 1_000

export class SharedSource<Snapshot> {
  readonly #open: () => Source<Snapshot>
  readonly #onEnd: () => void
  #source: Source<Snapshot> | null = null
  #content: Promise<void> | null = null
  #users = 0
  #ending: ReturnType<typeof setTimeout> | undefined

  /** @param onEnd called whenever it is closed. It opens again if somebody still asks. */
  constructor(open: () => Source<Snapshot>, onEnd: () => void) {
    this.#open = open
    this.#onEnd = onEnd
  }

  readonly snapshot = (): Snapshot => this.#opened().snapshot()

  readonly subscribe = (listener: () => void): (() => void) => {
    const stop = this.#opened().subscribe(listener)
    this.#users++
    clearTimeout(this.#ending)
    return () => {
      stop()
      this.#users--
      if (this.#users === 0) this.#endLater()
    }
  }

  get hasContent(): boolean {
    return this.#opened().hasContent()
  }

  /** Resolves when there is something to show. The same promise each time, for `use()`. */
  get content(): Promise<void> {
    this.#content ??= firstContent(this.#opened())
    return this.#content
  }

  #opened(): Source<Snapshot> {
    if (this.#source === null) {
      this.#source = this.#open()
      // Rendering is no promise to be mounted.
      this.#endLater()
    }
    return this.#source
  }

  #endLater(): void {
    clearTimeout(this.#ending)
    this.#ending = setTimeout(() => this.#endUnlessUsed(), LINGER_MS)
  }

  #endUnlessUsed(): void {
    if (this.#users > 0 || this.#source === null) return
    // Somebody is suspended until there is something to show: closed, it would never come.
    if (this.#content !== null && !this.#source.hasContent())
      return void this.#content.then(() => this.#endLater())
    this.#source.close()
    this.#source = null
    this.#content = null
    this.#onEnd()
  }
}

function firstContent<Snapshot>(source: Source<Snapshot>): Promise<void> {
  if (source.hasContent()) return Promise.resolve()
  return new Promise((resolve) => {
    const stop = source.subscribe(() => {
      if (!source.hasContent()) return
      stop()
      resolve()
    })
  })
}
