// A process of the load generator: plays one crew at a time, as it is told over its IPC channel.
import { type CrewName, crews } from './crews.ts'
import type { LoadAnswer, LoadRequest } from './load-generator.ts'

type AnyCrew = Record<string, (argument: unknown) => unknown>

let crew: AnyCrew = {}

async function obey(request: LoadRequest): Promise<unknown> {
  switch (request.type) {
    case 'assemble': {
      const create = crews[request.crew as CrewName] as (input: unknown) => unknown
      crew = create(request.input) as AnyCrew
      return null
    }
    case 'call':
      return crew[request.method]?.call(crew, request.argument)
    case 'cpu': {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    }
  }
}

process.on('message', async (request: LoadRequest) => {
  let answer: LoadAnswer
  try {
    answer = { id: request.id, ok: true, value: await obey(request) }
  } catch (error) {
    answer = { id: request.id, ok: false, message: error instanceof Error ? error.message : String(error) }
  }
  process.send?.(answer)
})
// The benchmark has gone: what it has started goes, too.
process.on('disconnect', () => process.exit())
