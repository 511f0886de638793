// Revocations as the server wires them, on the store of a test.
import { LocalRevocationSignal } from '../../server/auth/local-revocation-signal.ts'
import type { RevocationStore } from '../../server/auth/revocation.ts'
import { Revocations } from '../../server/auth/revocations.ts'

export const revocationsOf = (
  { revocations: store }: { readonly revocations: RevocationStore },
  now: () => string,
): Revocations =>
  new Revocations({ store, signal: new LocalRevocationSignal(), now, max: 1_000, lifetimeMs: null })
