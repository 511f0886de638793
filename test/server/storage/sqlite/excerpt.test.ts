import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { excerptOf } from '../../../../server/storage/sqlite/excerpt.ts'

const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `w${from + at}`).join(' ')

describe('an excerpt', () => {
  test('of a short text is all of it', () => {
    expect(excerptOf('(One, two.)', ['two'])).toBe('(One, <mark>two</mark>.)')
    expect(excerptOf('', ['two'])).toBe('')
  })

  test('marks words whatever their case and accents, and the last one by its start', () => {
    expect(excerptOf('Fièvre FEVER feverish', ['fievre', 'fever'])).toBe(
      '<mark>Fièvre</mark> <mark>FEVER</mark> <mark>feverish</mark>',
    )
    expect(excerptOf('feverish fever', ['fever', 'x'])).toBe('feverish <mark>fever</mark>')
  })

  test('of a long text shows where most of the words stand together, with others around them', () => {
    const text = `${numbered(0, 50)} alpha ${numbered(50, 100)} alpha beta ${numbered(100, 150)}`
    expect(excerptOf(text, ['beta', 'alpha'])).toBe(
      `…${numbered(89, 100)} <mark>alpha</mark> <mark>beta</mark> ${numbered(100, 111)}…`,
    )
    expect(excerptOf(text, ['w1'])).toMatch(/^w0 <mark>w1<\/mark> w2 .* w23…$/)
    expect(excerptOf(text, ['w149'])).toMatch(/^…w126 .* <mark>w149<\/mark>$/)
    expect(excerptOf(text, ['gone'])).toMatch(/^w0 w1 .* w23…$/)
  })

  test('is text of the text, marked words of it, and no markup beside, whatever both are', () => {
    const unit = fc.constantFrom('a', 'B', 'é', 'e\u0301', ' ', '<', '&', '"', '中', '😀', '\u0001', '\n')
    const text = fc.string({ unit, maxLength: 200 })
    fc.assert(
      fc.property(text, fc.array(fc.constantFrom('a', 'b', 'e', 'ab'), { minLength: 1 }), (plain, terms) => {
        const html = excerptOf(plain, terms)
        const inner = html
          .replace(/^…/, '')
          .replace(/…$/, '')
          .replaceAll(/<\/?mark>/g, '')
        expect(inner).not.toContain('\u0001')
        expect(inner).not.toMatch(/[<>"]|&(?!amp;|lt;|gt;|quot;|#39;)/)
        const read = inner.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
        expect(plain.replaceAll('\u0001', ' ')).toContain(read)
        for (const [, word = ''] of html.matchAll(/<mark>(.*?)<\/mark>/g)) {
          const folded = word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
          expect(terms.some((term) => folded.startsWith(term))).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})
