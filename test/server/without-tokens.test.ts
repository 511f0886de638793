// The last guard of the log: whatever a library's error quotes, no token stands in a line.
import { expect, test } from 'vitest'
import { withoutTokens } from '../../server/without-tokens.ts'
import { signToken } from '../support/sign-token.ts'

test('W15: tokens are taken out of a line, and nothing else is', async () => {
  const token = await signToken('ada')
  for (const [line, expected] of [
    [`{"url":"/yjs/a/b?token=${token}&x=1"}`, '{"url":"/yjs/a/b?token=[token]&x=1"}'],
    [`{"authorization":"Bearer ${token}"}`, '{"authorization":"Bearer [token]"}'],
    [
      `{"err":{"message":"Invalid URL: ws://h?token=opaque\\n"}}`,
      '{"err":{"message":"Invalid URL: ws://h?token=[token]\\n"}}',
    ],
    [`{"protocols":["${token}"]}`, '{"protocols":["[token]"]}'],
    ['{"msg":"the token has expired","eyJ":1}', '{"msg":"the token has expired","eyJ":1}'],
  ] as const)
    expect(withoutTokens(line)).toBe(expected)
})
