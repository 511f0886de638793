// Tokens that need not be verified again, for a moment.
import { describe, expect, test } from 'vitest'
import { ANONYMOUS } from '../../../../server/auth/actor.ts'
import { createEntrance } from '../../../../server/protocols/entrance.ts'
import { FailedAuthentications } from '../../../../server/protocols/limits/failed-authentications.ts'
import { RecentTokens } from '../../../../server/protocols/limits/recent-tokens.ts'
import { SluiceError } from '../../../../shared/errors/error-table.ts'
import { revocationsOf } from '../../../support/revocations.ts'
import { openSubject } from '../../storage/sqlite/sqlite-subject.ts'

const ADA = { ...ANONYMOUS, subject: 'ada', expiresAt: 5_000, token: { id: 'one', issuedAt: 1_000 } }

describe('S12: a token that was verified', () => {
  test('is known for a minute, and not once it has expired', () => {
    let now = 0
    let time = 1_000
    const recent = new RecentTokens({ clock: () => now, time: () => time })
    const bob = { ...ADA, subject: 'bob', expiresAt: null }
    recent.verified('a', ADA)
    recent.verified('b', bob)
    expect([recent.find('a'), recent.find('b'), recent.find('c')]).toEqual([ADA, bob, null])
    time = 5_000
    expect([recent.find('a'), recent.find('b')]).toEqual([null, bob])
    now = 59_999
    expect(recent.find('b')).toEqual(bob)
    now = 60_000
    expect(recent.find('b')).toBeNull()
  })

  test('is forgotten when it is refused, and when ten thousand others came after it', () => {
    const recent = new RecentTokens({ clock: () => 0, time: () => 0 })
    recent.verified('a', ADA)
    recent.refused('a')
    expect(recent.find('a')).toBeNull()
    recent.verified('a', ADA)
    for (let n = 0; n < 9_999; n++) recent.verified(`t-${n}`, ADA)
    expect(recent.find('a')).toEqual(ADA)
    recent.verified('one more', ADA)
    expect(recent.find('a')).toBeNull()
  })

  test('is not recalled once it is revoked (W12), nor is one that was never let in', async () => {
    const subject = await openSubject()
    const now = (): string => new Date(2_000).toISOString()
    const revocations = revocationsOf(subject.storage, now)
    const entrance = createEntrance({
      authenticator: {
        description: '',
        isOpen: false,
        authenticate: async (token) => {
          if (token === 'good') return ADA
          throw new SluiceError('unauthenticated', 'no')
        },
      },
      revocations,
      failures: new FailedAuthentications({ perSecond: 0.001, burst: 2 }, () => 0),
      recent: new RecentTokens({ clock: () => 0, time: () => 2_000 }),
    })
    try {
      expect(entrance.recall('good', 'here')).toBeNull()
      await entrance.authenticate('good', 'here')
      expect(entrance.recall('good', 'here')).toEqual(ADA)
      for (let n = 0; n < 3; n++) await expect(entrance.authenticate('bad', 'here')).rejects.toThrow()
      expect(entrance.recall('bad', 'here')).toBeNull()
      // Who was let in before is let in again, whoever else fails at his address (W14).
      expect(entrance.recall('good', 'here')).toEqual(ADA)
      const revoked = { tenant: ADA.tenant, kind: 'token', name: 'one' } as const
      await revocations.revoke({ ...revoked, revokedBy: 'root', expiresAt: null })
      expect(entrance.recall('good', 'here')).toBeNull()
    } finally {
      await subject.cleanup()
    }
  })
})
