// Settings: defaults, refusals that name the variable, and a page that tells the truth.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../../server/settings.ts'
import { renderSettingsPage } from '../../server/settings-page.ts'

const problems = (env: Record<string, string>): string => {
  const checked = readSettings(env)
  return checked.ok ? '' : checked.problems.join('\n')
}

describe('readSettings', () => {
  it('has a default for everything but authentication, and listens on loopback', () => {
    const checked = readSettings({ SLUICE_PORT: '' })
    expect(checked).toMatchObject({
      ok: true,
      settings: { port: 4800, host: '127.0.0.1', dataDir: 'data', configFile: 'sluice.config.ts' },
    })
    expect(checked.ok && checked.settings.jwtSecret).toBeUndefined()
  })

  it.each([
    ['a port that is none', { SLUICE_PORT: '70000' }, 'SLUICE_PORT'],
    ['a limit that is no count', { SLUICE_FRAME_BYTES_MAX: '-1' }, 'SLUICE_FRAME_BYTES_MAX'],
    ['an origin with a path', { SLUICE_ORIGINS: 'https://app.example/' }, 'SLUICE_ORIGINS'],
    ['every origin', { SLUICE_ORIGINS: '*' }, 'SLUICE_ORIGINS'],
    ['an unknown log level', { SLUICE_LOG_LEVEL: 'loud' }, 'SLUICE_LOG_LEVEL'],
    ['a short secret', { SLUICE_JWT_SECRET: 'short' }, 'SLUICE_JWT_SECRET'],
    [
      'two ways of authentication',
      { SLUICE_JWT_SECRET: 'x'.repeat(32), SLUICE_JWKS_URL: 'https://example.org/keys' },
      'both set',
    ],
    ['other hosts without authentication', { SLUICE_HOST: '0.0.0.0' }, 'only loopback'],
    [
      'a database that this version cannot use',
      { SLUICE_DATABASE_URL: 'postgres://x' },
      'SLUICE_DATABASE_URL',
    ],
    ['a bus that this version cannot use', { SLUICE_REDIS_URL: 'redis://x' }, 'SLUICE_REDIS_URL'],
  ])('refuses %s', (_name, env, message) => {
    expect(problems(env)).toContain(message)
  })

  it('serves other hosts once tokens are verified', () => {
    expect(problems({ SLUICE_HOST: '0.0.0.0', SLUICE_JWT_SECRET: 'x'.repeat(32) })).toBe('')
  })

  it('docs/SETTINGS.md is what the table says', () => {
    expect(readFileSync(new URL('../../docs/SETTINGS.md', import.meta.url), 'utf8')).toBe(
      renderSettingsPage(),
    )
  })
})
