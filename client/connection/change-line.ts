/** Changes on their way to the server: sent in order, so many at a time, and again with every socket until answered. */
import { decodeClientMessage, encodeClientMessage } from '../../shared/sync/codec.ts'
import type { Change, ChangeResult } from '../../shared/sync/messages.ts'

interface Waiting {
  readonly frame: Uint8Array
  readonly answered: Promise<ChangeResult>
  readonly answer: (result: ChangeResult) => void
}

/** What the server takes at one time; null without a connection. */
export type Window = { readonly inFlight: number; readonly frameBytes: number } | null

export class ChangeLine {
  readonly #send: (frame: Uint8Array) => void
  /** By id, in the order of submission. */
  readonly #waiting = new Map<string, Waiting>()
  /** Ids that were sent on this socket. */
  readonly #sent = new Set<string>()
  #window: Window = null

  constructor(send: (frame: Uint8Array) => void) {
    this.#send = send
  }

  submit(change: Change): Promise<ChangeResult> {
    const known = this.#waiting.get(change.id)
    if (known !== undefined) return known.answered
    const frame = encoded(change)
    if (frame === null) return Promise.resolve(refused('bad_request', 'holds what no message can hold'))
    let answer = (_: ChangeResult): void => {}
    const answered = new Promise<ChangeResult>((resolve) => {
      answer = resolve
    })
    this.#waiting.set(change.id, { frame, answered, answer })
    this.#sendMore()
    return answered
  }

  /** There is a connection, or none: then all that was not answered is sent again with the next one. */
  set window(window: Window) {
    this.#window = window
    this.#sent.clear()
    this.#sendMore()
  }

  receive(id: string, result: ChangeResult): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    this.#sent.delete(id)
    waiting?.answer(result)
    this.#sendMore()
  }

  #sendMore(): void {
    if (this.#window === null) return
    const { inFlight, frameBytes } = this.#window
    for (const [id, { frame }] of this.#waiting) {
      if (this.#sent.size >= inFlight) return
      if (this.#sent.has(id)) continue
      if (frame.byteLength > frameBytes) this.#refuse(id, frameBytes)
      else {
        this.#sent.add(id)
        this.#send(frame)
      }
    }
  }

  /** The server would close the socket, each time that it came. */
  #refuse(id: string, frameBytes: number): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiting?.answer(refused('too_large', `takes more than ${frameBytes} bytes`))
  }
}

/** @returns null for what the server would take for no message at all, and close the socket. */
function encoded(change: Change): Uint8Array | null {
  try {
    const frame = encodeClientMessage({ type: 'change', change })
    decodeClientMessage(frame)
    return frame
  } catch {
    return null
  }
}

const refused = (code: 'bad_request' | 'too_large', problem: string): ChangeResult => ({
  status: 'refused',
  code,
  message: `the change ${problem}`,
  details: {},
})
