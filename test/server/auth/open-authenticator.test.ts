import { expect, test } from 'vitest'
import { ANONYMOUS } from '../../../server/auth/actor.ts'
import { createOpenAuthenticator } from '../../../server/auth/open-authenticator.ts'

const open = createOpenAuthenticator()

test('says in clear words that nobody is verified', () => {
  expect(open.isOpen).toBe(true)
  expect(open.description).toContain('nobody is verified')
})

test.each(['ada', 'dr.lee', 'phone-2@ward_7', 'x'.repeat(64)])(
  'takes the name %s as the subject',
  async (name) => {
    expect(await open.authenticate(name)).toEqual({ ...ANONYMOUS, subject: name })
  },
)

test.each([null, '', 'ada lovelace', '<script>', 'a/b', 'x'.repeat(65)])(
  'takes %j, which is no name, as anonymous',
  async (token) => {
    expect(await open.authenticate(token)).toEqual(ANONYMOUS)
  },
)
