/**
 * The keyboard of the console: one listener for all, so that `?` can show what there is. A key is a name of
 * `KeyboardEvent.key`, or several after each other, as in `g i`. Where somebody types, none of them is heard.
 */
import { useEffect, useRef, useSyncExternalStore } from 'react'

export interface KeyBinding {
  /** `j`, `?`, `ArrowDown`, `g i`. */
  readonly keys: string
  /** What it does, for the list of keys. */
  readonly label: string
  readonly run: () => void
}

export interface KeyGroup {
  readonly title: string
  readonly bindings: readonly KeyBinding[]
}

/** How long after the first key of a sequence the next one is waited for. */
const SEQUENCE_MS = 1200

let groups: readonly KeyGroup[] = []
const listeners = new Set<() => void>()
let typed: readonly string[] = []
let typedAt = 0

function change(next: readonly KeyGroup[]): void {
  groups = next
  for (const listener of listeners) listener()
}

/** Keys that are heard while the component is shown. Of two equal ones the newer is heard. */
export function useKeys(title: string, bindings: readonly KeyBinding[]): void {
  const latest = useRef(bindings)
  latest.current = bindings
  const names = bindings.map(({ keys, label }) => `${keys}\n${label}`).join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: what a key runs is looked up when it is pressed
  useEffect(() => {
    const group: KeyGroup = {
      title,
      bindings: latest.current.map(({ keys, label }, index) => ({
        keys,
        label,
        run: () => latest.current[index]?.run(),
      })),
    }
    change([...groups, group])
    return () => change(groups.filter((other) => other !== group))
  }, [title, names])
}

export const useKeyGroups = (): readonly KeyGroup[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => groups,
  )

/** Listens for as long as the component is shown: once in the app. */
export function useKeyboard(): void {
  useEffect(() => {
    window.addEventListener('keydown', hear)
    return () => window.removeEventListener('keydown', hear)
  }, [])
}

function hear(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
    return
  typed = event.timeStamp - typedAt < SEQUENCE_MS ? [...typed, event.key] : [event.key]
  typedAt = event.timeStamp
  const bindings = [...groups].reverse().flatMap((group) => group.bindings)
  const meant = (keys: string): boolean => typed.join(' ') === keys || event.key === keys
  const binding =
    bindings.find(({ keys }) => typed.join(' ') === keys) ?? bindings.find(({ keys }) => meant(keys))
  if (binding === undefined) return
  typed = []
  event.preventDefault()
  binding.run()
}

/** Keys that a control or a dialog takes for itself. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    target.closest('input, textarea, select, [role="textbox"], [role="dialog"], [role="menu"]') !== null
  )
}
