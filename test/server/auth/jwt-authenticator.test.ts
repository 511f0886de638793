import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWTPayload } from 'jose'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Authenticator } from '../../../server/auth/actor.ts'
import { createJwtAuthenticator } from '../../../server/auth/jwt-authenticator.ts'
import type { ClaimNames } from '../../../server/auth/read-claims.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'

const SECRET = 'a secret of at least thirty-two bytes'
const NOW = '2026-01-01T00:00:00.000Z'
const now = (): string => NOW
const seconds = Date.parse(NOW) / 1000
const inOneMinute = seconds + 60

const sign = (claims: JWTPayload, secret = SECRET, alg = 'HS256'): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret))

async function refusalOf(authenticator: Authenticator, token: string | null): Promise<SluiceError> {
  const error = await authenticator.authenticate(token).then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof SluiceError)) throw new Error('it was let in')
  return error
}

describe('with a shared secret', () => {
  const jwt = createJwtAuthenticator({ secret: SECRET, now })

  test('reads subject, tenant, roles and device', async () => {
    const token = await sign({
      sub: 'ada',
      tenant: 'ward-7',
      roles: ['doctor', 'nurse'],
      device: 'phone',
      jti: 'one',
      iat: seconds - 60,
      exp: inOneMinute,
    })
    expect(await jwt.authenticate(token)).toEqual({
      subject: 'ada',
      tenant: 'ward-7',
      roles: ['doctor', 'nurse'],
      device: 'phone',
      expiresAt: inOneMinute * 1000,
      token: { id: 'one', issuedAt: (seconds - 60) * 1000 },
    })
  })

  test('needs no more than a subject and an expiry; one role may stand alone', async () => {
    expect(await jwt.authenticate(await sign({ sub: 'ada', roles: 'doctor', exp: inOneMinute }))).toEqual({
      subject: 'ada',
      tenant: 'default',
      roles: ['doctor'],
      device: null,
      expiresAt: inOneMinute * 1000,
      token: { id: null, issuedAt: null },
    })
  })

  test('does not hand out the role that stands for all', async () => {
    const { roles } = await jwt.authenticate(
      await sign({ sub: 'ada', roles: ['*', 'nurse'], exp: inOneMinute }),
    )
    expect(roles).toEqual(['nurse'])
  })

  test('tolerates a clock that is 5 s off, and no more', async () => {
    await expect(jwt.authenticate(await sign({ sub: 'ada', exp: seconds - 4 }))).resolves.toBeDefined()
    const error = await refusalOf(jwt, await sign({ sub: 'ada', exp: seconds - 6 }))
    expect(error).toMatchObject({ code: 'unauthenticated', message: 'the token has expired' })
    const early = await refusalOf(jwt, await sign({ sub: 'ada', exp: inOneMinute, nbf: seconds + 6 }))
    expect(early.message).toContain('"nbf"')
  })

  test.each([
    ['exp', { sub: 'ada' }],
    ['sub', { exp: inOneMinute }],
    ['sub', { sub: '', exp: inOneMinute }],
    ['tenant', { sub: 'ada', tenant: 'a/b', exp: inOneMinute }],
    ['roles', { sub: 'ada', roles: [7], exp: inOneMinute }],
    ['device', { sub: 'ada', device: {}, exp: inOneMinute }],
  ])('names the claim %s that is missing or wrong', async (claim, claims) => {
    const error = await refusalOf(jwt, await sign(claims))
    expect(error.code).toBe('unauthenticated')
    expect(error.message).toContain(`"${claim}"`)
  })

  test('checks issuer and audience if they are set', async () => {
    const strict = createJwtAuthenticator({
      secret: SECRET,
      issuer: 'https://id.test',
      audience: 'sluice',
      now,
    })
    const good = { sub: 'ada', iss: 'https://id.test', aud: 'sluice', exp: inOneMinute }
    expect((await strict.authenticate(await sign(good))).subject).toBe('ada')
    expect((await refusalOf(strict, await sign({ ...good, iss: 'https://evil.test' }))).message).toContain(
      '"iss"',
    )
    expect((await refusalOf(strict, await sign({ ...good, aud: 'other' }))).message).toContain('"aud"')
    expect((await refusalOf(strict, await sign({ sub: 'ada', exp: inOneMinute }))).message).toContain('"iss"')
  })

  describe('claims stand where the settings say', () => {
    const named = (claimNames: ClaimNames, claims: JWTPayload) =>
      sign({ sub: 'ada', exp: inOneMinute, ...claims }).then((token) =>
        createJwtAuthenticator({ secret: SECRET, claimNames, now }).authenticate(token),
      )

    test.each<[string, ClaimNames, JWTPayload]>([
      [
        'by path',
        { tenant: 'app_metadata.tenant', roles: 'realm_access.roles', device: 'cnf.device.name' },
        {
          app_metadata: { tenant: 'ward-7' },
          realm_access: { roles: ['doctor'] },
          cnf: { device: { name: 'phone' } },
        },
      ],
      [
        'by a name that has dots of its own',
        {
          tenant: 'https://app.example/tenant',
          roles: 'https://app.example/roles',
          device: 'https://app.example/device',
        },
        {
          'https://app.example/tenant': 'ward-7',
          'https://app.example/roles': 'doctor',
          'https://app.example/device': 'phone',
          tenant: 'ward-8',
        },
      ],
    ])('%s', async (_how, claimNames, claims) => {
      expect(await named(claimNames, claims)).toMatchObject({
        tenant: 'ward-7',
        roles: ['doctor'],
        device: 'phone',
      })
    })

    test('a tenant that is named is required, and an error calls it by its name', async () => {
      const missing = named({ tenant: 'app_metadata.tenant' }, { tenant: 'ward-7' })
      await expect(missing).rejects.toThrow('"app_metadata.tenant" is missing or not accepted')
      const wrong = named({ roles: 'realm.roles' }, { realm: { roles: [7] } })
      await expect(wrong).rejects.toThrow('"realm.roles"')
    })

    test('no path leads to what no claim holds', async () => {
      for (const tenant of ['constructor.name', '__proto__', 'list.length', 'sub.length', 'a..b', '.'])
        await expect(named({ tenant }, { list: ['x'] }), tenant).rejects.toThrow(`"${tenant}"`)
    })
  })

  test('the clock tolerance is a setting', async () => {
    const strict = createJwtAuthenticator({ secret: SECRET, clockToleranceSeconds: 0, now })
    expect((await refusalOf(strict, await sign({ sub: 'ada', exp: seconds - 1 }))).message).toContain(
      'expired',
    )
    const lax = createJwtAuthenticator({ secret: SECRET, clockToleranceSeconds: 60, now })
    await expect(lax.authenticate(await sign({ sub: 'ada', exp: seconds - 59 }))).resolves.toBeDefined()
  })

  test('with a longest lifetime, tokens say when they were issued and keep to it', async () => {
    const brief = createJwtAuthenticator({ secret: SECRET, lifetimeSecondsMax: 600, now })
    const issued = (iat: number, exp: number) => sign({ sub: 'ada', iat, exp })
    await expect(brief.authenticate(await issued(seconds, seconds + 600))).resolves.toBeDefined()
    expect((await refusalOf(brief, await issued(seconds, seconds + 601))).message).toBe(
      'the token lives longer than 600 seconds',
    )
    // In its last minutes, a token of a year is a token of a year still.
    expect((await refusalOf(brief, await issued(seconds - 31_536_000, seconds + 60))).message).toContain(
      'longer',
    )
    expect((await refusalOf(brief, await sign({ sub: 'ada', exp: inOneMinute }))).message).toContain('"iat"')
  })

  test('a token never appears in an error', async () => {
    const good = await sign({ sub: 'ada', exp: inOneMinute })
    const [header, payload, signature] = good.split('.')
    const tokens = [
      await sign({ sub: 'ada', exp: inOneMinute }, 'another secret of thirty-two bytes!!'),
      await sign({ sub: 'ada', exp: inOneMinute }, `${SECRET}${SECRET}`, 'HS512'),
      new UnsecuredJWT({ sub: 'ada', exp: inOneMinute }).encode(),
      `${header}.${payload}.${signature?.slice(0, -2)}`,
      `${header}.${payload}`,
      `${header}.e30garbage.${signature}`,
      'ada',
      '',
    ]
    for (const token of tokens) {
      const error = await refusalOf(jwt, token)
      expect(error).toMatchObject({ code: 'unauthenticated', message: 'the token is not valid', details: {} })
      expect(error.cause).toBeUndefined()
    }
  })

  test('asks for a token if there is none', async () => {
    expect(await refusalOf(jwt, null)).toMatchObject({ code: 'unauthenticated' })
  })

  test('refuses to start with a secret that is too short', () => {
    expect(() => createJwtAuthenticator({ secret: 'short', now })).toThrow(RangeError)
  })
})

describe('with a JWKS URL', () => {
  let url = ''
  let served = true
  let privateKey: CryptoKey
  const server = createServer((_request, response) => {
    if (served) response.writeHead(200, { 'Content-Type': 'application/json' }).end(jwks)
    else response.writeHead(500).end()
  })
  let jwks = ''

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true })
    privateKey = pair.privateKey
    jwks = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }] })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const signWithKey = (kid: string): Promise<string> =>
    new SignJWT({ sub: 'ada', exp: inOneMinute }).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)

  test('accepts a token that is signed with a published key', async () => {
    const jwt = createJwtAuthenticator({ jwksUrl: url, now })
    expect(jwt.description).toContain(url)
    expect((await jwt.authenticate(await signWithKey('one'))).subject).toBe('ada')
  })

  test('refuses an unknown key, and HS256 with the public key as its secret', async () => {
    const jwt = createJwtAuthenticator({ jwksUrl: url, now })
    expect(await refusalOf(jwt, await signWithKey('two'))).toMatchObject({ code: 'unauthenticated' })
    expect(await refusalOf(jwt, await sign({ sub: 'ada', exp: inOneMinute }, jwks))).toMatchObject({
      code: 'unauthenticated',
    })
  })

  test('is no fault of the token if the keys cannot be fetched', async () => {
    served = false
    const jwt = createJwtAuthenticator({ jwksUrl: url, now })
    expect(await refusalOf(jwt, await signWithKey('one'))).toMatchObject({ code: 'internal' })
    served = true
    const nowhere = createJwtAuthenticator({ jwksUrl: 'http://127.0.0.1:9/jwks.json', now })
    expect(await refusalOf(nowhere, await signWithKey('one'))).toMatchObject({ code: 'internal' })
  })
})
