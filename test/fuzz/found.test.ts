// What the fuzzer has found, with its bytes.
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { ServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

test('W9: a body that is cut short is no error of the server, and writes nothing into its log', async () => {
  await using server = await ServerProcess.start()
  for (let time = 0; time < 5; time++) {
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      'POST /v1/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n',
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
  }
  await until(async () => (await fetch(`${server.url}/healthz`)).ok, 'the server to answer')
  await server.stop()
  expect(server.output).not.toContain('"level":50')
})

test('W7, W7a: half of a character is refused by REST, and replaced in an upload, which goes on', async () => {
  await using server = await ServerProcess.start()
  const send = async (path: string, body: string): Promise<readonly unknown[]> => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body })
    return [response.status, await response.json()]
  }
  for (const body of ['{"id":"\\ud800","price":1}', '{"id":"o","status":"\\udc00"}', '{"\\ud800":1}'])
    expect(await send('/v1/records/orders', body)).toMatchObject([400, { code: 'bad_request' }])
  const batch =
    '{"batch":[{"op":"PATCH","table":"orders","id":"\\ud800","data":{"status":"processing"}},' +
    '{"op":"PUT","table":"items","id":"i","data":{"name":"a\\ud800b","\\ud800":"\\ud800"},"metadata":"\\ud800"},' +
    '{"op":"\\ud800","table":"ghosts","id":"g","data":{"\\ud800":1}}]}'
  const [status, answer] = await send('/v1/upload', batch)
  expect([status, (answer as { results: unknown[] }).results.length]).toEqual([200, 3])
  const { fields } = (await (await fetch(`${server.url}/v1/records/items/i`)).json()) as {
    fields: { name: string }
  }
  expect(fields.name).toBe('a\ufffdb')
  await server.stop()
  expect(server.output).not.toContain('"level":')
  expect(server.runCommand('verify')).toContain('0 problems')
})
