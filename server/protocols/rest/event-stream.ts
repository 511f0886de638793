/** Server-sent events: an HTTP answer that goes on until its reader goes or may read no more, or the server stops. */
import { textResponse } from './responses.ts'

const encoder = new TextEncoder()

export interface StreamEnds {
  /** Ends the stream from the server's side. */
  readonly stopping: AbortSignal
  /** Is told what to call when its reader may no longer read. @returns how to call it off. */
  readonly watchReader: (onEnd: () => void) => () => void
  /** Told once that it has ended, whichever way. */
  readonly onEnd: () => void
  /** Told what made the stream break off; the reader will connect again. */
  readonly onError: (error: unknown) => void
}

/**
 * @param open is given the signal that ends the stream, and yields blocks of the event stream's text. It is
 *   asked for the next one only when the reader has taken the last.
 */
export function eventStreamResponse(
  open: (ended: AbortSignal) => AsyncIterator<string, void>,
  { stopping, watchReader, onEnd, onError }: StreamEnds,
): Response {
  const ended = new AbortController()
  const end = (): void => ended.abort()
  let forget: (() => void) | null = null
  const watch = (): void => {
    if (stopping.aborted) end()
    stopping.addEventListener('abort', end)
    const callOff = watchReader(end)
    forget = () => {
      stopping.removeEventListener('abort', end)
      callOff()
    }
  }
  const blocks = open(ended.signal)
  let isGone = false
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          // Only now: an answer whose body nobody reads, to a HEAD request, is never cancelled either.
          if (forget === null) watch()
          const { done, value } = await blocks.next()
          if (isGone) return
          if (done !== true) return controller.enqueue(encoder.encode(value))
          controller.close()
        } catch (error) {
          onError(error)
          controller.error(error)
        }
        forget?.()
        onEnd()
      },
      async cancel() {
        isGone = true
        forget?.()
        onEnd()
        end()
        await blocks.return?.()
      },
    },
    // Nothing is read ahead, and nothing at all for an answer whose body nobody reads.
    { highWaterMark: 0 },
  )
  return textResponse(body, {
    'Content-Type': 'text/event-stream',
    // Nothing follows on this connection, so a server that stops need not wait for it to fall idle.
    Connection: 'close',
    'X-Accel-Buffering': 'no',
  })
}

/** One event. `data` is told as one line of JSON. */
export const eventBlock = (event: string, id: number, data: unknown): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** No event, but the reader's `Last-Event-ID` moves on. */
export const heartbeatBlock = (id: number): string => `: nothing new\nid: ${id}\n\n`
