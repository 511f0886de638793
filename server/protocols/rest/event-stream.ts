/** Server-sent events: an HTTP answer that goes on until its reader goes or the server stops. */

const encoder = new TextEncoder()

/**
 * @param open is given the signal that ends the stream, and yields blocks of the event stream's text. It is
 *   asked for the next one only when the reader has taken the last.
 * @param stopping ends the stream from the server's side.
 * @param onError is told what made the stream break off; the reader will connect again.
 */
export function eventStreamResponse(
  open: (ended: AbortSignal) => AsyncIterator<string, void>,
  stopping: AbortSignal,
  onError: (error: unknown) => void,
): Response {
  const ended = new AbortController()
  const end = (): void => ended.abort()
  const forget = (): void => stopping.removeEventListener('abort', end)
  const blocks = open(ended.signal)
  let isGone = false
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          // Only now: an answer whose body nobody reads, to a HEAD request, is never cancelled either.
          if (stopping.aborted) end()
          else stopping.addEventListener('abort', end)
          const { done, value } = await blocks.next()
          if (isGone) return
          if (done !== true) return controller.enqueue(encoder.encode(value))
          controller.close()
        } catch (error) {
          onError(error)
          controller.error(error)
        }
        forget()
      },
      async cancel() {
        isGone = true
        forget()
        end()
        await blocks.return?.()
      },
    },
    // Nothing is read ahead, and nothing at all for an answer whose body nobody reads.
    { highWaterMark: 0 },
  )
  return new Response(body, {
    headers: {
      'Content-Type': 'text/event-stream',
      // Nothing follows on this connection, so a server that stops need not wait for it to fall idle.
      Connection: 'close',
      'X-Accel-Buffering': 'no',
    },
  })
}

/** One event. `data` is told as one line of JSON. */
export const eventBlock = (event: string, id: number, data: unknown): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** No event, but the reader's `Last-Event-ID` moves on. */
export const heartbeatBlock = (id: number): string => `: nothing new\nid: ${id}\n\n`
