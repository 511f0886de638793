import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHtml } from '../../../server/projection/text-html.ts'
import { inlineText, plainText } from '../../../server/projection/text-plain.ts'
import type { TextNode } from '../../../server/projection/text-structure.ts'
import type { Json } from '../../../shared/json.ts'
import { link, node, paragraph, text } from './text-nodes.ts'

describe('nodes', () => {
  test.each<[string, readonly TextNode[], string]>([
    ['paragraphs', [paragraph(text('a')), paragraph()], '<p>a</p><p></p>'],
    ['a heading', [node('heading', [text('a')], { level: 3 })], '<h3>a</h3>'],
    ['a heading of a level that is none', [node('heading', [text('a')], { level: 99 })], '<h6>a</h6>'],
    [
      'lists',
      [
        node('bulletList', [node('listItem', [paragraph(text('a'))])]),
        node('orderedList', [node('listItem', [paragraph(text('b'))])], { start: 4 }),
        node('taskList', [node('taskItem', [paragraph(text('c'))], { checked: true })]),
      ],
      '<ul><li><p>a</p></li></ul><ol start="4"><li><p>b</p></li></ol>' +
        '<ul><li><input type="checkbox" disabled checked><p>c</p></li></ul>',
    ],
    [
      'quote, rule and break',
      [node('blockquote', [paragraph(text('a'), node('hardBreak'), text('b'))]), node('horizontalRule')],
      '<blockquote><p>a<br>b</p></blockquote><hr>',
    ],
    [
      'a code block with its language',
      [node('codeBlock', [text('if (a < b)\n  c()')], { language: 'c++' })],
      '<pre><code class="language-c++">if (a &lt; b)\n  c()</code></pre>',
    ],
    [
      'a code block whose language is an attack',
      [node('codeBlock', [text('x')], { language: '"><script>' })],
      '<pre><code>x</code></pre>',
    ],
    [
      'marks, nested and shared by neighbours',
      [paragraph(text('a', 'bold'), text('b', 'italic', 'bold'), text('c', 'code', 'underline', 'strike'))],
      '<p><strong>a<em>b</em></strong><s><u><code>c</code></u></s></p>',
    ],
    [
      'an image',
      [paragraph(node('image', [], { src: 'https://example.org/a.png', alt: 'A "b"' }))],
      '<p><img src="https://example.org/a.png" alt="A &quot;b&quot;"></p>',
    ],
    [
      'nodes and marks of unknown names',
      [
        node('callout', [paragraph(text('a', 'glow'), node('mention', [text('@b')]))], {
          style: 'x',
        }),
      ],
      '<div><p>a<span>@b</span></p></div>',
    ],
  ])('%s', (_, structure, html) => {
    expect(toHtml(structure)).toBe(html)
  })
})

test('a script in a text is text', () => {
  expect(toHtml([paragraph(text('<script>alert("1" & \'2\')</script>'))])).toBe(
    '<p>&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;</p>',
  )
})

test.each<[Json, string]>([
  ['https://example.org/?a=1&b="', 'https://example.org/?a=1&amp;b=&quot;'],
  ['HTTP://example.org', 'HTTP://example.org'],
  ['mailto:ada@example.org', 'mailto:ada@example.org'],
  [' https://example.org/a b ', 'https://example.org/a%20b'],
])('a link to %s stays', (href, escaped) => {
  const anchor = `<a href="${escaped}" rel="noopener noreferrer nofollow">x</a>`
  expect(toHtml([paragraph(text('x', link(href)))])).toBe(`<p>${anchor}</p>`)
})

test.each<[Json]>([
  ['javascript:alert(1)'],
  ['JaVaScRiPt:alert(1)'],
  [' javascript:alert(1)'],
  ['java\nscript:alert(1)'],
  ['https://example.org/\u0000'],
  ['data:text/html,<script>'],
  ['//example.org'],
  ['/relative'],
  ['vbscript:x'],
  [''],
  [null],
  [{ toString: 'https://example.org' }],
])('a link to %j is its text', (href) => {
  expect(toHtml([paragraph(text('x', link(href)))])).toBe('<p>x</p>')
  const image = node('image', [], { src: href })
  expect(toHtml([image])).toBe('')
})

describe('any structure', () => {
  const nasty = fc.string({
    unit: fc.constantFrom('<', '>', '"', "'", '&', ';', '=', '/', 'a', ' ', '\n', '\0'),
  })
  const name = fc.oneof(
    fc.constantFrom('paragraph', 'heading', 'codeBlock', 'listItem', 'bold', 'link', 'code', '__proto__'),
    nasty,
  )
  const href = fc.oneof(
    nasty,
    nasty.map((rest) => `https://${rest}`),
  )
  const attrs = fc.record(
    {
      href,
      src: href,
      alt: nasty,
      language: nasty,
      level: fc.oneof(fc.integer(), nasty),
      start: fc.double(),
      style: nasty,
    },
    { requiredKeys: [] },
  )
  const marks = fc.array(fc.record({ type: name, attrs }), { maxLength: 3 })
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.record({ type: fc.constant('text'), text: nasty, marks }),
      fc.record({ type: fc.constant('image'), attrs }),
      fc.record({ type: name, attrs, content: fc.array(tie('tree'), { maxLength: 4 }) }),
    ) as fc.Arbitrary<Json>,
  }))
  const operation = fc.record({
    insert: fc.oneof(nasty, fc.record({ image: href })),
    attributes: fc.record(
      { link: href, list: nasty, header: fc.integer(), 'code-block': nasty },
      { requiredKeys: [] },
    ),
  }) as fc.Arbitrary<Json>

  /** Every tag that the renderer may write, with the attributes that it may have. */
  const TAG =
    /<\/?(?:p|h[1-6]|ul|ol|li|blockquote|pre|code|div|span|strong|em|s|u|sub|sup|a|hr|br)>|<ol start="\d+">|<code class="language-[\w+#.-]+">|<input type="checkbox" disabled(?: checked)?>|<a href="(?:https?:\/\/|mailto:)[^"<>]*" rel="noopener noreferrer nofollow">|<img src="https?:\/\/[^"<>]*" alt="[^"<>]*">/gi

  const unescaped = (html: string): string =>
    html
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&')

  test('but for its own tags, the output has no character that could make one, and all of the text', () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 4 }), (structure) => {
        const rest = toHtml(structure).replace(TAG, '')
        expect(rest).not.toMatch(/[<>"']/)
        expect(rest).not.toMatch(/&(?!(?:lt|gt|quot|amp|#39);)/)
        expect(unescaped(rest)).toBe(inlineText(structure as TextNode[]))
      }),
      { numRuns: 1_000 },
    )
  })

  test('so with deltas', () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 6 }), (structure) => {
        const rest = toHtml(structure).replace(TAG, '')
        expect(rest).not.toMatch(/[<>"']/)
        const written = plainText(structure).replaceAll('\ufffc', '').replaceAll('\n', '')
        expect(unescaped(rest).replaceAll('\n', '')).toBe(written)
      }),
      { numRuns: 1_000 },
    )
  })

  test('bottomless or endless ones end', () => {
    let deep: TextNode = node('blockquote')
    for (let depth = 0; depth < 3_000; depth += 1) deep = node('blockquote', [deep])
    expect(toHtml([deep]).match(/<blockquote>/g)).toHaveLength(100)
    const wide = Array.from({ length: 200_000 }, (_, index) => text('x', index % 2 === 0 ? 'bold' : 'italic'))
    expect(toHtml([node('paragraph', wide)])).toHaveLength(
      '<p></p>'.length + 100_000 * '<strong>x</strong><em>x</em>'.length,
    )
  })
})
