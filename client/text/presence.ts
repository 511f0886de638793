/** Presence as the sync protocol tells it, to and from the `Awareness` that editors bind to. */
import { encoding } from 'lib0'
import type { Awareness } from 'y-protocols/awareness'
import { applyAwarenessUpdate } from 'y-protocols/awareness'
import type { JsonObject } from '../../shared/json.ts'
import type { PresenceEntry } from '../../shared/sync/messages.ts'

/** This client's own entry; null before it has announced anything. */
export function presenceOf(awareness: Awareness): PresenceEntry | null {
  const meta = awareness.meta.get(awareness.clientID)
  if (meta === undefined) return null
  const state = awareness.getLocalState() as JsonObject | null
  return { client: awareness.clientID, clock: meta.clock, state }
}

/** @param origin of the events that it causes. */
export function hearPresence(awareness: Awareness, entries: readonly PresenceEntry[], origin: object): void {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, entries.length)
  for (const { client, clock, state } of entries) {
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, clock)
    encoding.writeVarString(encoder, JSON.stringify(state))
  }
  applyAwarenessUpdate(awareness, encoding.toUint8Array(encoder), origin)
}
