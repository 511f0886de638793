// The revocations in force: what counts as revoked, who is told, what a failing store means.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../../server/auth/actor.ts'
import { ANONYMOUS } from '../../../server/auth/actor.ts'
import { LocalRevocationSignal } from '../../../server/auth/local-revocation-signal.ts'
import { Revocations } from '../../../server/auth/revocations.ts'
import type { ContractSubject } from '../../contract/storage-contract.ts'
import { openSubject } from '../storage/sqlite/sqlite-subject.ts'

let clock = Date.UTC(2026, 0, 1)
const now = (): string => new Date(clock).toISOString()

const actor = (overrides: Partial<Actor> = {}): Actor => ({
  subject: 'ada',
  tenant: 'default',
  roles: [],
  device: null,
  expiresAt: null,
  token: { id: 'one', issuedAt: clock },
  ...overrides,
})

describe('W12', () => {
  let subject: ContractSubject
  beforeAll(async () => {
    subject = await openSubject()
  })
  afterAll(() => subject.cleanup())

  const open = async (signal = new LocalRevocationSignal(), max = 1_000): Promise<Revocations> => {
    const parts = { store: subject.storage.revocations, signal, now, max, lifetimeMs: null }
    const revocations = new Revocations(parts)
    await revocations.load()
    return revocations
  }
  const revokeSubject = (revocations: Revocations, tenant: string, expiresAt: string | null = null) =>
    revocations.revoke({ tenant, kind: 'subject', name: 'ada', revokedBy: 'root', expiresAt })

  test('a token counts by the second in which it was issued; an open demo has none', async () => {
    const revocations = await open()
    const tenant = 'seconds'
    const before = actor({ tenant })
    clock += 500
    await revokeSubject(revocations, tenant)
    const isRevoked = (issuedAt: number | null) =>
      revocations.isRevoked(actor({ tenant, token: { id: null, issuedAt } }))
    expect(revocations.isRevoked(before)).toBe(true)
    expect([isRevoked(clock), isRevoked(clock + 1), isRevoked(null)]).toEqual([true, false, true])
    expect(revocations.isRevoked({ ...ANONYMOUS, subject: 'ada', tenant })).toBe(false)
    expect(revocations.isRevoked(actor({ tenant, subject: 'bob' }))).toBe(false)
    expect(revocations.isRevoked(actor({ tenant: 'other' }))).toBe(false)
  })

  test('whoever watches is told once, of his own alone, and at once if it is so already', async () => {
    const revocations = await open()
    const told: string[] = []
    const tell = (name: string) => () => told.push(name)
    revocations.watch(actor({ tenant: 'watched' }), tell('ada'))
    revocations.watch(actor({ tenant: 'watched', subject: 'bob' }), tell('bob'))
    revocations.watch(actor({ tenant: 'watched' }), tell('gone'))()
    await revokeSubject(revocations, 'watched')
    await revokeSubject(revocations, 'watched')
    expect(told).toEqual(['ada'])
    revocations.watch(actor({ tenant: 'watched' }), tell('late'))
    expect(told).toEqual(['ada', 'late'])
  })

  test('others on the same signal learn of it without reading the store', async () => {
    const signal = new LocalRevocationSignal()
    const [one, other] = [await open(signal), await open(signal)]
    await revokeSubject(one, 'shared')
    expect(other.isRevoked(actor({ tenant: 'shared' }))).toBe(true)
  })

  test('one that has expired no longer counts, is not loaded, and makes room', async () => {
    const soon = new Date(clock + 60_000).toISOString()
    const revocations = await open()
    await revokeSubject(revocations, 'brief', soon)
    const full = await open(undefined, (await open()).size + 1)
    await revokeSubject(full, 'filler', soon)
    await expect(revokeSubject(full, 'one too many')).rejects.toMatchObject({ code: 'too_many' })
    expect(revocations.isRevoked(actor({ tenant: 'brief' }))).toBe(true)
    clock += 60_000
    expect(revocations.isRevoked(actor({ tenant: 'brief' }))).toBe(false)
    expect(revocations.list('brief')).toEqual([])
    expect((await open()).list('brief')).toEqual([])
    await expect(revokeSubject(full, 'one too many')).resolves.toMatchObject({ tenant: 'one too many' })
  })

  test('nothing counts that the store did not take', async () => {
    const revocations = await open()
    await subject.storage.close()
    await expect(revokeSubject(revocations, 'lost')).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(revocations.isRevoked(actor({ tenant: 'lost' }))).toBe(false)
  })
})
