/** Shows a part of a shared source. */
import { use, useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { sameValue } from './same-value.ts'
import type { SharedSource } from './shared-source.ts'

/**
 * @param select a part of the snapshot; drawn again when that part has changed, and else not.
 * @param suspend waits for something to show.
 */
export function useShared<Snapshot, Selected>(
  shared: SharedSource<Snapshot>,
  select: (snapshot: Snapshot) => Selected,
  suspend: boolean,
): Selected {
  if (suspend && !shared.hasContent) use(shared.content)
  const shown = useRef<{ readonly value: Selected } | null>(null)
  const selected = useMemo(() => {
    let memo: { readonly snapshot: Snapshot; readonly value: Selected } | null = null
    return (): Selected => {
      const snapshot = shared.snapshot()
      if (memo?.snapshot === snapshot) return memo.value
      const value = select(snapshot)
      const before = memo ?? shown.current
      memo = { snapshot, value: before !== null && sameValue(before.value, value) ? before.value : value }
      return memo.value
    }
  }, [shared, select])
  const value = useSyncExternalStore(shared.subscribe, selected, selected)
  useEffect(() => {
    shown.current = { value }
  }, [value])
  return value
}
