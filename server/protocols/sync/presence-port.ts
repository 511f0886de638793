/** Presence on its way in and out of a channel: what breaks the bounds is dropped, what is old news waits (K8). */
import type { PresenceEntry } from '../../../shared/sync/messages.ts'
import type { AwarenessLimits } from '../../gate/awareness-gate.ts'
import { LatestQueue } from '../latest-queue.ts'
import type { ChannelPort } from './channel.ts'

/** Of these, those that may be told to others: presence is worth nobody's connection. */
export const bounded = (
  entries: readonly PresenceEntry[],
  { clockMax, stateBytesMax, stateDepthMax, entriesMax }: AwarenessLimits,
): readonly PresenceEntry[] =>
  entries
    .slice(0, entriesMax)
    .filter(
      ({ clock, state }) =>
        clock <= clockMax &&
        depthOf(state) <= stateDepthMax &&
        Buffer.byteLength(JSON.stringify(state)) <= stateBytesMax,
    )

/** What others announce, on its way to a reader who may be slow. */
export const presenceQueue = (port: ChannelPort, isOpen: () => boolean): LatestQueue<PresenceEntry> =>
  new LatestQueue({
    session: {
      get isCongested() {
        return port.isCongested
      },
      get isOpen() {
        return isOpen()
      },
    },
    keyOf: ({ client }) => client,
    send: (entries) => {
      if (entries.length > 0) port.send({ type: 'presence', channel: port.number, entries }, entries)
    },
  })

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}
