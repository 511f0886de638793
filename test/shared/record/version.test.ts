// Version tokens against the platform's own base64url, there and back.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeVersion, encodeVersion } from '../../../shared/record/version.ts'

const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))

const tokenOf = (heads: readonly string[], textVersion: number): string =>
  `${Buffer.from(heads.join(''), 'hex').toString('base64url')}.${textVersion.toString(36)}`

describe('a version', () => {
  it('is its heads in base64url and its text version, and is read again', () => {
    fc.assert(
      fc.property(fc.array(hash, { maxLength: 8 }), fc.nat(), (heads, textVersion) => {
        const sorted = [...heads].sort()
        const token = encodeVersion({ heads, textVersion })
        expect(token).toBe(tokenOf(sorted, textVersion))
        expect(decodeVersion(token)).toEqual({ heads: sorted, textVersion })
      }),
    )
  })

  it('names as many heads as a record may have', () => {
    const heads = Array.from({ length: 1_000 }, (_, n) => n.toString(16).padStart(64, '0'))
    expect(encodeVersion({ heads, textVersion: 7 })).toBe(tokenOf(heads, 7))
  })
})
