/** How the tabs of a browser talk: a BroadcastChannel for each address. */
import type { TabBus } from './tab-port.ts'

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
