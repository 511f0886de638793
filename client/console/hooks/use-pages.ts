/** A list of the REST API, a page after the other, read anew from its start whenever its key changes. */
import { useCallback, useEffect, useState } from 'react'
import type { RestClient } from '../session/rest-client.ts'

export interface Pages<Item> {
  /** Null until the first page is read. */
  readonly items: readonly Item[] | null
  readonly error: unknown
  /** Reads the next page, or tries again to; null if there is none. */
  readonly more: (() => void) | null
  /** Reads the list anew, from its start. */
  readonly retry: () => void
}

interface Read<Item> {
  readonly items: readonly Item[] | null
  readonly next: string | null
  readonly error: unknown
}

/**
 * @param path with a query, to which a cursor is added.
 * @param key names the state of things that the list depends on. What was read stays in sight until it is read anew.
 */
export function usePages<Item>(rest: RestClient, path: string, key: string): Pages<Item> {
  const [read, setRead] = useState<Read<Item>>({ items: null, next: null, error: null })
  const [asked, setAsked] = useState<{ readonly cursor: string } | null>(null)
  const [attempt, setAttempt] = useState(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key and the attempt say when to start anew
  useEffect(() => {
    const ending = new AbortController()
    setAsked(null)
    readPage<Item>(rest, path, ending.signal).then(
      ({ items, next }) => setRead({ items, next, error: null }),
      (error: unknown) => {
        if (!ending.signal.aborted) setRead((before) => ({ ...before, error }))
      },
    )
    return () => ending.abort()
  }, [rest, path, key, attempt])

  useEffect(() => {
    if (asked === null) return
    const ending = new AbortController()
    readPage<Item>(rest, `${path}&cursor=${encodeURIComponent(asked.cursor)}`, ending.signal).then(
      (page) =>
        setRead(({ items }) => ({ items: [...(items ?? []), ...page.items], next: page.next, error: null })),
      (error: unknown) => {
        if (!ending.signal.aborted) setRead((before) => ({ ...before, error }))
      },
    )
    return () => ending.abort()
  }, [rest, path, asked])

  const { items, next, error } = read
  const more = useCallback(() => setAsked(next === null ? null : { cursor: next }), [next])
  const retry = useCallback(() => {
    setRead((before) => ({ ...before, error: null }))
    setAttempt((count) => count + 1)
  }, [])
  return { items, error, more: next === null ? null : more, retry }
}

/** The server's own answer: a page, as every list of the API is one. */
async function readPage<Item>(
  rest: RestClient,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly items: readonly Item[]; readonly next: string | null }> {
  const body: unknown = await rest.read(path, signal)
  return body as { readonly items: readonly Item[]; readonly next: string | null }
}
