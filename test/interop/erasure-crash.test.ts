// E1 and E6: SIGKILL at random moments of an erasure leaves all of the record or nothing, and never half-cleaned files.
import { expect, test } from 'vitest'
import { wordsIn } from '../support/data-files.ts'
import { as, rest } from '../support/rest-client.ts'
import { runCommand } from '../support/run-command.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import { ServerProcess } from '../support/server-process.ts'
import { SECRET, signToken } from '../support/sign-token.ts'

const CYCLES = 6

test('E1, E6: no moment of a kill leaves half of an erased record', { timeout: 240_000 }, async () => {
  await using server = await ServerProcess.start({ SLUICE_JWT_SECRET: SECRET, SLUICE_ERASURE_ROLES: 'dpo' })
  const token = as(await signToken('dora', { roles: ['dpo'] }))
  const random = new SeededRandom(7)
  const kept: string[] = []
  const gone: string[] = []
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const word = `qzCrash${cycle}Xw`
    const path = `/v1/records/articles/A-${cycle}`
    for (const title of [word, `${word} again`])
      expect((await rest(server.url, 'PUT', path, { title }, token)).status).toBeLessThan(300)
    const body = { collection: 'articles', id: `A-${cycle}`, reason: 'a test' }
    const erased = rest(server.url, 'POST', '/v1/erasures', body, token).catch(() => null)
    await new Promise((resolve) => setTimeout(resolve, random.int(0, 30)))
    await server.kill()
    const acknowledged = (await erased)?.status === 201
    await server.start()
    const { status, body: answer } = await rest(server.url, 'GET', path, undefined, token)
    if (acknowledged) expect(status).toBe(410)
    if (status === 410) gone.push(word)
    else {
      expect([status, answer.fields.title]).toEqual([200, `${word} again`])
      kept.push(word)
    }
    // What was cut short has been completed by the start.
    expect(wordsIn(server.dataDir, gone)).toEqual([])
    expect(wordsIn(server.dataDir, kept)).toEqual(kept)
  }
  await server.stop()
  expect(runCommand('verify', server.dataDir).output).toMatch(
    new RegExp(`, ${gone.length} of them erased, .* 0 problems\n$`),
  )
})
