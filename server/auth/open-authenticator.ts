/**
 * The authenticator of an open demo: everybody is let in, and whoever names himself is believed. Names make
 * the change log and the inbox readable; they prove nothing, so the server listens on loopback only.
 */
import type { Authenticator } from './actor.ts'
import { ANONYMOUS } from './actor.ts'

/** A token that looks like a name: `ada`, `dr.lee`, `phone-2@ward-7`. */
const NAME = /^[\w.@-]{1,64}$/

export const createOpenAuthenticator = (): Authenticator => ({
  description:
    'OPEN DEMO: nobody is verified, and everybody on this machine may do everything. A bearer token that looks like a name is taken for one.',
  isOpen: true,
  async authenticate(token) {
    return token !== null && NAME.test(token) ? { ...ANONYMOUS, subject: token } : ANONYMOUS
  },
})
