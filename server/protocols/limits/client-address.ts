/**
 * From which address a request comes, as limits count it. What a proxy says is believed only if the proxy is one
 * of those that the settings name: anybody may write the header.
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { BlockList, isIP, isIPv4 } from 'node:net'

export type AddressOf = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string

/** @param trusted addresses such as `10.0.0.2` and blocks such as `10.0.0.0/8`, as the setting takes them. */
export function addressesBehind(trusted: readonly string[]): {
  readonly isTrusted: (address: string) => boolean
  readonly addressOf: AddressOf
} {
  // Asked for each connection: to look into an empty list takes a twentieth of letting a client in.
  if (trusted.length === 0) return { isTrusted: () => false, addressOf: peerAddress }
  const proxies = blockListOf(trusted)
  const isTrusted = (address: string): boolean => {
    const plain = plainAddress(address)
    return isIP(plain) > 0 && proxies.check(plain, familyOf(plain))
  }
  return {
    isTrusted,
    addressOf({ headers, socket }) {
      const peer = socket.remoteAddress ?? ''
      const forwarded = isTrusted(peer) ? headers['x-forwarded-for'] : undefined
      if (forwarded === undefined) return countedAddress(peer)
      const hops = [forwarded]
        .flat()
        .join(',')
        .split(',')
        .map((hop) => hop.trim())
      // Each proxy has added, at the end, whom it was called by; the first that is no proxy of ours is the client.
      const client = hops.toReversed().find((hop) => isIP(hop) > 0 && !isTrusted(hop))
      return countedAddress(client ?? peer)
    },
  }
}

const peers = new WeakMap<Socket, string>()

/** Of a connection it stays the same, however many requests come over it. */
const peerAddress: AddressOf = ({ socket }) => {
  const known = peers.get(socket)
  if (known !== undefined) return known
  const address = countedAddress(socket.remoteAddress ?? '')
  peers.set(socket, address)
  return address
}

/** Whoever has one IPv6 address has 2⁶⁴ of them, so they count as one. */
export function countedAddress(address: string): string {
  const plain = plainAddress(address)
  // `isIPv6` would take 6 ms of the first connection, to compile its expression: this asks for IPv4 first.
  return isIP(plain) === 6 ? `${leadingGroups(plain).slice(0, 4).join(':')}::/64` : plain
}

/** An IPv4 address that comes in on an IPv6 socket is the IPv4 address. */
const plainAddress = (address: string): string =>
  /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address.replace(/%.*$/, '')

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6')

/** The eight groups of an IPv6 address without the zeros that are not written. */
function leadingGroups(address: string): readonly string[] {
  // The parser of URLs writes every address in one way.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
}

function blockListOf(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [address = '', prefix] = block.split('/')
    if (prefix === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, Number(prefix), familyOf(address))
  }
  return list
}
