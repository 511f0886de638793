/** Tells addresses such as `10.0.0.2` and `fd00::1`, and blocks such as `10.0.0.0/8`, from anything else. */
import { isIP, isIPv4 } from 'node:net'

export function isAddressBlock(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  if (rest.length > 0 || isIP(address) === 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIPv4(address) ? 32 : 128))
}
