/** The tabs of a browser: Web Locks, and a BroadcastChannel for each address. */
import type { TabBus, TabLocks } from './tab-port.ts'

export const browserLocks = (locks: LockManager): TabLocks => ({
  hold: (name, { signal, steals = false, lost } = {}) =>
    new Promise((resolve, reject) => {
      let isHeld = false
      const held = (): Promise<void> => {
        isHeld = true
        return new Promise((release) => resolve(release))
      }
      const options = signal === undefined || steals ? { steal: steals } : { signal }
      locks.request(name, options, held).catch((error) => (isHeld ? lost?.() : reject(error)))
    }),
})

/** @param scope of the addresses: tabs of another one hear nothing. */
export function browserBus(scope: string): TabBus {
  /** They are few: one for each tab that was heard of. One that posts does not hear itself. */
  const channels = new Map<string, BroadcastChannel>()
  const channelAt = (address: string): BroadcastChannel => {
    const channel = channels.get(address) ?? new BroadcastChannel(`${scope} ${address}`)
    channels.set(address, channel)
    return channel
  }
  return {
    post: (address, message) => channelAt(address).postMessage(message),
    listen: (address, hear) => {
      const listener = ({ data }: MessageEvent): void => hear(data)
      channelAt(address).addEventListener('message', listener)
      return () => channels.get(address)?.removeEventListener('message', listener)
    },
    close: () => {
      for (const channel of channels.values()) channel.close()
      channels.clear()
    },
  }
}
