// From whom a request comes, as limits count it: a header is believed of named proxies alone.
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { addressesBehind, countedAddress } from '../../../../server/protocols/limits/client-address.ts'
import { isAddressBlock } from '../../../../server/settings/address-block.ts'

const request = (remoteAddress: string | undefined, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage

describe('W14: the address of a request', () => {
  test.each<[string, readonly string[], string, string | undefined, string]>([
    ['is that of the socket', [], '203.0.113.7', undefined, '203.0.113.7'],
    ['whatever a header says', [], '203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['that does not come from a proxy', ['10.0.0.0/8'], '203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['is what a proxy says', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['also on an IPv6 socket', ['10.0.0.0/8'], '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    [
      'is the last that no proxy is',
      ['10.0.0.0/8'],
      '10.1.2.3',
      '1.1.1.1, 198.51.100.1, 10.9.9.9',
      '198.51.100.1',
    ],
    ['is never what is no address', ['10.0.0.2'], '10.0.0.2', 'unknown, evil"', '10.0.0.2'],
    ['is the proxy itself if it says nothing', ['10.0.0.2'], '10.0.0.2', undefined, '10.0.0.2'],
    ['of IPv6 proxies, too', ['fd00::/8'], 'fd00::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ])('%s', (_what, trusted, peer, forwarded, expected) => {
    expect(addressesBehind(trusted).addressOf(request(peer, forwarded))).toBe(expected)
  })

  test('of a socket that has gone is empty', () => {
    expect(addressesBehind([]).addressOf(request(undefined))).toBe('')
  })

  test('in IPv6 counts by its network, however it is written', () => {
    for (const address of ['2001:db8::1', '2001:0DB8:0:0:ffff::', '2001:db8::2%eth0'])
      expect(countedAddress(address)).toBe('2001:db8:0:0::/64')
    expect(countedAddress('2001:db8:0:1::1')).toBe('2001:db8:0:1::/64')
    expect(countedAddress('::1')).toBe('0:0:0:0::/64')
    expect(countedAddress('::ffff:203.0.113.7')).toBe('203.0.113.7')
  })

  test('blocks of addresses are told from anything else', () => {
    for (const block of ['10.0.0.2', '10.0.0.0/8', '0.0.0.0/0', 'fd00::/8', '::1', '::1/128'])
      expect([block, isAddressBlock(block)]).toEqual([block, true])
    for (const text of [
      '',
      'proxy',
      '10.0.0.0/33',
      '10.0.0/8',
      '10.0.0.0/',
      '::1/129',
      '10.0.0.0/8/8',
      '1.2.3.4/-1',
    ])
      expect([text, isAddressBlock(text)]).toEqual([text, false])
  })
})
