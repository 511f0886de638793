/** The newest lines of the change log, followed live: read with `fetch`, since an `EventSource` takes no token. */
import { useEffect, useState } from 'react'
import type { Json } from '../../../shared/json.ts'
import { isJsonObject } from '../../../shared/json.ts'
import type { FieldOutcome } from '../../../shared/record/field-change.ts'
import type { RestClient } from '../session/rest-client.ts'

export interface LoggedChange {
  readonly position: number
  readonly collection: string
  readonly recordId: string
  readonly field: string
  readonly operation: 'set' | 'delete' | 'increment' | 'edit'
  readonly oldValue: Json
  readonly newValue: Json
  readonly outcome: FieldOutcome
  readonly author: string
  readonly receivedAt: string
}

export interface ChangeFeed {
  /** Newest first; null until they are read. */
  readonly lines: readonly LoggedChange[] | null
  /** Whether what happens is shown as it happens. */
  readonly isLive: boolean
  readonly error: unknown
}

const RETRY_MS = 1_500

/** @param filter as the query of `GET /v1/changes`, such as `collection=patients`. @param max how many lines are kept. */
export function useChangeFeed(rest: RestClient, filter: string, max: number): ChangeFeed {
  const [feed, setFeed] = useState<ChangeFeed>({ lines: null, isLive: false, error: null })
  useEffect(() => {
    const ending = new AbortController()
    const add = (line: LoggedChange): void =>
      setFeed(({ lines }) => ({ lines: [line, ...(lines ?? [])].slice(0, max), isLive: true, error: null }))
    const run = async (): Promise<void> => {
      let after = 0
      while (!ending.signal.aborted) {
        try {
          const lines = await readPage(rest, filter, max, ending.signal)
          setFeed({ lines, isLive: true, error: null })
          after = lines[0]?.position ?? 0
          await follow(rest, `${filter}&after=${after}`, add, ending.signal)
        } catch (error) {
          if (!ending.signal.aborted) setFeed(({ lines }) => ({ lines, isLive: false, error }))
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
    void run()
    return () => ending.abort()
  }, [rest, filter, max])
  return feed
}

async function readPage(
  rest: RestClient,
  filter: string,
  limit: number,
  signal: AbortSignal,
): Promise<readonly LoggedChange[]> {
  const body = await rest.read(`/v1/changes?${filter}&limit=${limit}`, signal)
  return isJsonObject(body) && Array.isArray(body.items) ? (body.items as unknown as LoggedChange[]) : []
}

/** Resolves when the server ends the stream. */
async function follow(
  rest: RestClient,
  query: string,
  tell: (line: LoggedChange) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await rest.open(`/v1/changes?${query}`, {
    headers: { Accept: 'text/event-stream' },
    signal,
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let unread = ''
  for (let chunk = await reader?.read(); chunk?.done === false; chunk = await reader?.read()) {
    const blocks = (unread + chunk.value).split('\n\n')
    unread = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1]
      if (data !== undefined) tell(JSON.parse(data) as LoggedChange)
    }
  }
}
