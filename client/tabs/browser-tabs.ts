/** The tabs of a browser: Web Locks, and a BroadcastChannel for each address. */
import type { TabBus, TabLocks } from './tab-port.ts'

export const browserLocks = (locks: LockManager): TabLocks => ({
  hold: (name, signal) =>
    new Promise((resolve, reject) => {
      const held = (): Promise<void> => new Promise((release) => resolve(release))
      locks.request(name, signal === undefined ? {} : { signal }, held).catch(reject)
    }),
})

/** @param scope of the addresses: tabs of another one hear nothing. */
export function browserBus(scope: string): TabBus {
  /** For posting. They are few: one for each tab that was heard of. */
  const channels = new Map<string, BroadcastChannel>()
  const channelAt = (address: string): BroadcastChannel => new BroadcastChannel(`${scope} ${address}`)
  return {
    post: (address, message) => {
      const channel = channels.get(address) ?? channelAt(address)
      channels.set(address, channel)
      channel.postMessage(message)
    },
    listen: (address, hear) => {
      const channel = channelAt(address)
      channel.onmessage = ({ data }) => hear(data)
      return () => channel.close()
    },
  }
}
