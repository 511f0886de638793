/** When something was, seen from now; the exact time is its title. */
import { useSyncExternalStore } from 'react'

export function RelativeTime({ at }: { readonly at: string }) {
  const now = useSyncExternalStore(subscribeToMinutes, () => Math.floor(Date.now() / TICK_MS) * TICK_MS)
  const date = new Date(at)
  return (
    <time dateTime={at} title={date.toLocaleString()}>
      {relativeTime(date.getTime(), Math.max(now, date.getTime()))}
    </time>
  )
}

const TICK_MS = 15_000

function subscribeToMinutes(listener: () => void): () => void {
  const timer = setInterval(listener, TICK_MS)
  return () => clearInterval(timer)
}

const UNITS = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })

/** @param at and @param now in milliseconds since 1970. */
export function relativeTime(at: number, now: number): string {
  for (const [unit, ms] of UNITS) if (now - at >= ms) return words.format(-Math.floor((now - at) / ms), unit)
  return 'just now'
}
