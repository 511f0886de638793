// Server-sent events as an EventSource reads them, with the parts that it hides.

export interface StreamEvent {
  readonly id: number
  /** Null for a heartbeat, which is a comment and an id. */
  readonly event: string | null
  // biome-ignore lint/suspicious/noExplicitAny: tests look into data of every shape
  readonly data: any
}

export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  #text = ''

  constructor(response: Response) {
    if (response.body === null) throw new Error('the answer has no body')
    this.#reader = response.body.getReader()
  }

  /** The next block of the stream; null once it has ended. */
  async next(): Promise<StreamEvent | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end >= 0) {
        const block = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        return parse(block)
      }
      const { done, value } = await this.#reader.read()
      if (done) {
        if (this.#text !== '') throw new Error(`the stream broke off within ${this.#text}`)
        return null
      }
      this.#text += this.#decoder.decode(value, { stream: true })
    }
  }

  /** The next events that are no heartbeats. */
  async take(count: number): Promise<readonly StreamEvent[]> {
    const events: StreamEvent[] = []
    while (events.length < count) {
      const event = await this.next()
      if (event === null) throw new Error(`the stream ended after ${events.length} of ${count} events`)
      if (event.event !== null) events.push(event)
    }
    return events
  }

  close(): Promise<void> {
    return this.#reader.cancel()
  }
}

function parse(block: string): StreamEvent {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? []
    if (name !== '') fields.set(name, value)
  }
  const data = fields.get('data')
  return {
    id: Number(fields.get('id')),
    event: fields.get('event') ?? null,
    data: data === undefined ? null : JSON.parse(data),
  }
}
