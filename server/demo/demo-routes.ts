/** Routes of the open demo under a supervisor: which process serves, and how to have it killed and started again. */
import { jsonResponse } from '../protocols/rest/responses.ts'
import type { RestApp } from '../protocols/rest/rest-context.ts'

export interface DemoProcess {
  readonly pid: number
  /** ISO 8601. */
  readonly startedAt: string
  /** Has the process killed, without any warning to it, and started again. */
  readonly restart: () => void
}

export function mountDemo(app: RestApp, { pid, startedAt, restart }: DemoProcess): void {
  app.get('/demo/server', () => jsonResponse({ pid, startedAt }, 200, { 'Cache-Control': 'no-store' }))
  app.post('/demo/server/restart', () => {
    // When the answer is on its way.
    setImmediate(restart)
    return jsonResponse({ pid }, 202)
  })
}
