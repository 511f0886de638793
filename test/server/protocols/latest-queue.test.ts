// W9: presence for a reader who is slow waits in its latest form only.
import { expect, it } from 'vitest'
import { LatestQueue } from '../../../server/protocols/latest-queue.ts'
import { until } from '../../support/until.ts'

interface News {
  readonly from: string
  readonly text: string
}

function queueTo(reader: { isCongested: boolean; isOpen: boolean }) {
  const sent: (readonly News[])[] = []
  const queue = new LatestQueue<News>({
    session: reader,
    keyOf: ({ from }) => from,
    send: (items) => sent.push(items),
  })
  return { sent, queue }
}

const news = (from: string, text: string): News => ({ from, text })

it('W9: who keeps up is told everything at once', () => {
  const { sent, queue } = queueTo({ isCongested: false, isOpen: true })
  queue.push([news('ann', '1')])
  queue.push([news('ann', '2')])
  expect(sent).toEqual([[news('ann', '1')], [news('ann', '2')]])
})

it('W9: who does not is told the latest of each sender, in one go, and then everything again', async () => {
  const reader = { isCongested: true, isOpen: true }
  const { sent, queue } = queueTo(reader)
  for (let count = 0; count < 10_000; count++) queue.push([news('ann', `${count}`), news('bob', `${count}`)])
  queue.push([news('ann', 'left')])
  expect(sent).toEqual([])
  reader.isCongested = false
  await until(() => sent.length > 0, 'the news')
  expect(sent).toEqual([[news('bob', '9999'), news('ann', 'left')]])
  queue.push([news('bob', 'again')])
  expect(sent.at(-1)).toEqual([news('bob', 'again')])
})

it('W9: what came while others wait does not overtake it', async () => {
  const reader = { isCongested: true, isOpen: true }
  const { sent, queue } = queueTo(reader)
  queue.push([news('ann', 'old')])
  reader.isCongested = false
  queue.push([news('ann', 'new')])
  await until(() => sent.length > 0, 'the news')
  expect(sent).toEqual([[news('ann', 'new')]])
})
