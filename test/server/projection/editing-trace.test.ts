import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterAll, describe, expect, test } from 'vitest'
import { createTextMaterializer } from '../../../server/projection/text-materializer.ts'
import { readTrace, tracesArePresent, traceUpdates } from './editing-trace.ts'

const materializer = createTextMaterializer()
afterAll(() => materializer.close())

const request = { snapshot: null, updates: [], texts: ['notes'], wantSnapshot: true }

describe.skipIf(!tracesArePresent)('real editing histories (../shared/data)', () => {
  test.each(['automerge-paper', 'sveltecomponent', 'friendsforever'])(
    'S2: %s ends as it ended, and the main thread stays free',
    async (name) => {
      const trace = readTrace(name)
      const updates = traceUpdates(trace)
      await materializer.materialize(request)
      const loop = monitorEventLoopDelay({ resolution: 5 })
      loop.enable()
      const { texts, snapshot } = await materializer.materialize({ ...request, updates })
      loop.disable()
      expect(texts.notes?.plain).toBe(trace.endContent)
      expect((await materializer.materialize({ ...request, snapshot })).texts).toEqual(texts)
      expect(loop.max / 1e6).toBeLessThan(1_500)
    },
  )
})
