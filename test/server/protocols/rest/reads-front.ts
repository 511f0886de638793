// The REST door of a bench behind the front that answers at once, over HTTP: it tells which of the two has answered.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Authenticator } from '../../../../server/auth/actor.ts'
import { createOpenAuthenticator } from '../../../../server/auth/open-authenticator.ts'
import { createEntrance } from '../../../../server/protocols/entrance.ts'
import { FailedAuthentications } from '../../../../server/protocols/limits/failed-authentications.ts'
import { RecentTokens } from '../../../../server/protocols/limits/recent-tokens.ts'
import { answerAtOnce } from '../../../../server/protocols/rest/answer-at-once.ts'
import { revocationsOf } from '../../../support/revocations.ts'
import type { RestBench } from './rest-bench.ts'

export interface FrontAnswer {
  readonly atOnce: boolean
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export interface ReadsFront {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<FrontAnswer>
  close(): Promise<void>
}

/** @param authenticator as the bench has it. */
export async function openFront(rest: RestBench, authenticator?: Authenticator): Promise<ReadsFront> {
  const clock = (): number => performance.now()
  const entrance = createEntrance({
    authenticator: authenticator ?? createOpenAuthenticator(),
    revocations: revocationsOf(rest.storage, () => new Date().toISOString()),
    failures: new FailedAuthentications({ perSecond: 1, burst: 60 }, clock),
    recent: new RecentTokens({ clock, time: Date.now }),
  })
  const front = answerAtOnce({ entrance, allowance: rest.allowance, reads: rest.reads })
  const behind = getRequestListener((request) => rest.app.fetch(request, { address: 'here' }))
  let atOnce = false
  const server = createServer(async (request, response) => {
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? null
    atOnce = front(request, response, 'here')
    if (atOnce) return
    await entrance.authenticate(token, 'here')
    await behind(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    async get(path, headers = {}) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
      const text = await response.text()
      const { date: _date, ...told } = Object.fromEntries(response.headers)
      return { atOnce, status: response.status, headers: told, text }
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
