/** The contract of `revocations`: kept durably, replaced by key, gone once they have expired. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Revocation, RevocationStore } from '../../../server/auth/revocation.ts'
import type { ContractSubject, OpenSubject } from './subject.ts'

const revocation = (overrides: Partial<Revocation> = {}): Revocation => ({
  tenant: 'ward-7',
  kind: 'subject',
  name: 'ada',
  revokedAt: '2026-01-01T00:00:00.000Z',
  revokedBy: 'root',
  expiresAt: null,
  ...overrides,
})

export function revocationContract(open: OpenSubject): void {
  describe('revocations', () => {
    let subject: ContractSubject
    let revocations: RevocationStore
    beforeAll(async () => {
      subject = await open()
      revocations = subject.storage.revocations
    })
    afterAll(() => subject.cleanup())

    test('W12: they are told as they were kept, by key and a page at a time, also after a restart', async () => {
      expect(await revocations.scan(null, 10)).toEqual([])
      const kept = [
        revocation({ tenant: 'a', name: 'zoe' }),
        revocation({ name: "o'neil ✓", expiresAt: '2026-03-01T00:00:00.000Z' }),
        revocation({ kind: 'token', name: 'ada' }),
        revocation({ kind: 'token', name: 'jti-1', revokedBy: 'ada' }),
      ]
      for (const one of kept.toReversed()) await revocations.keep(one)
      expect(await revocations.scan(null, 3)).toEqual(kept.slice(0, 3))
      expect(await revocations.scan(kept[2] ?? null, 3)).toEqual(kept.slice(3))
      await subject.storage.close()
      const reopened = await subject.reopen()
      revocations = reopened.revocations
      expect(await revocations.scan(null, 10)).toEqual(kept)
    })

    test('W12: a second one of the same key takes the place of the first', async () => {
      await revocations.keep(revocation({ tenant: 'twice', revokedAt: '2026-01-01T00:00:00.000Z' }))
      const second = revocation({ tenant: 'twice', revokedAt: '2026-01-02T00:00:00.000Z', revokedBy: 'eve' })
      await revocations.keep(second)
      const all = await revocations.scan(null, 100)
      expect(all.filter(({ tenant }) => tenant === 'twice')).toEqual([second])
    })

    test('W12: those that have expired go when another is kept', async () => {
      const old = revocation({ tenant: 'expiring', expiresAt: '2026-02-01T00:00:00.000Z' })
      const endless = revocation({ tenant: 'expiring', name: 'bob' })
      await revocations.keep(old)
      await revocations.keep(endless)
      const names = async () => {
        const all = await revocations.scan(null, 100)
        return all.filter(({ tenant }) => tenant === 'expiring').map(({ name }) => name)
      }
      expect(await names()).toEqual(['ada', 'bob'])
      await revocations.keep(revocation({ tenant: 'later', revokedAt: '2026-02-01T00:00:00.000Z' }))
      expect(await names()).toEqual(['bob'])
    })
  })
}
