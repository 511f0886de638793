import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toMarkdown } from '../../../server/projection/text-markdown.ts'
import type { TextNode } from '../../../server/projection/text-structure.ts'
import type { Json } from '../../../shared/json.ts'
import { item, link, node, paragraph, text } from './text-nodes.ts'
import { tiptapContent } from './tiptap-document.ts'

const lines = (...rows: string[]): string => `${rows.join('\n')}\n`

describe('blocks', () => {
  test.each<[string, readonly TextNode[], string]>([
    ['an empty document', [], ''],
    [
      'paragraphs; empty ones vanish',
      [paragraph(text('a')), paragraph(), paragraph(text('b'))],
      lines('a', '', 'b'),
    ],
    ['a heading', [node('heading', [text('Title #')], { level: 2 })], lines('## Title \\#')],
    [
      'a hard break',
      [paragraph(text('a'), node('hardBreak'), text('b'), node('hardBreak'))],
      lines('a\\', 'b'),
    ],
    ['a rule', [paragraph(text('a')), node('horizontalRule')], lines('a', '', '___')],
    [
      'a code block; its fence outgrows what is inside',
      [node('codeBlock', [text('```\n<a>')], { language: 'md' })],
      lines('````md', '```', '<a>', '````'),
    ],
    [
      'a quote',
      [node('blockquote', [paragraph(text('a')), node('blockquote', [paragraph(text('b'))])])],
      lines('> a', '>', '> > b'),
    ],
    [
      'nested lists',
      [
        node('bulletList', [
          item(
            paragraph(text('a')),
            node('orderedList', [item(paragraph(text('b'))), item(paragraph(text('c')))]),
          ),
          item(paragraph(text('d'))),
        ]),
      ],
      lines('- a', '  1. b', '  2. c', '- d'),
    ],
    [
      'an ordered list that starts elsewhere cannot interrupt a paragraph',
      [
        node('bulletList', [
          item(paragraph(text('a')), node('orderedList', [item(paragraph(text('b')))], { start: 7 })),
        ]),
      ],
      lines('- a', '', '  7. b'),
    ],
    [
      'neighbouring lists stay two',
      [node('bulletList', [item(paragraph(text('a')))]), node('bulletList', [item(paragraph(text('b')))])],
      lines('- a', '', '* b'),
    ],
    [
      'empty items in a row are no rule',
      [node('bulletList', [item(node('bulletList', [item(node('bulletList', [item()]))]))])],
      lines('- * -'),
    ],
    [
      'a loose list',
      [node('orderedList', [item(paragraph(text('a')), paragraph(text('b'))), item(paragraph(text('c')))])],
      lines('1. a', '', '   b', '', '2. c'),
    ],
    [
      'tasks',
      [
        node('taskList', [
          node('taskItem', [paragraph(text('a'))], { checked: true }),
          node('taskItem', [paragraph(text('b'))]),
        ]),
      ],
      lines('- [x] a', '- [ ] b'),
    ],
    [
      'nodes of unknown names',
      [node('callout', [paragraph(text('a '), node('mention', [text('@b')]), text('c', 'glow'))])],
      lines('a @bc'),
    ],
  ])('%s', (_, structure, markdown) => {
    expect(toMarkdown(structure)).toBe(markdown)
  })
})

describe('marks', () => {
  test.each<[string, readonly TextNode[], string]>([
    [
      'each of them',
      [text('a', 'bold'), text(' '), text('b', 'italic'), text(' '), text('c', 'strike')],
      '**a** _b_ ~~c~~',
    ],
    ['underline has no Markdown', [text('a', 'underline')], '<u>a</u>'],
    ['shared by neighbours', [text('a', 'bold'), text(' b', 'bold', 'italic'), text(' c')], '**a _b_** c'],
    ['spaces move outside', [text('a'), text(' b ', 'bold'), text('c')], 'a **b** c'],
    ['within a word', [text('un'), text('like', 'bold'), text('ly')], 'un**like**ly'],
    [
      'where no delimiter would do',
      [text('a'), text('b', 'italic'), text('c'), text('"d"', 'bold')],
      'a<em>b</em>c<strong>"d"</strong>',
    ],
    ['a break at the edge', [text('a', 'bold'), node('hardBreak'), text('b')], '**a**\\\nb'],
    ['code', [text('a`b', 'code'), text(' '), text('`', 'code', 'bold')], '``a`b`` **`` ` ``**'],
    ['a link', [text('a_b', link('https://example.org/(x)'))], '[a\\_b](https://example.org/%28x%29)'],
    [
      'a link that is no image',
      [text('!'), text('a', link('https://example.org'))],
      '\\![a](https://example.org)',
    ],
    ['a link to a script', [text('a', link('javascript:alert(1)'))], 'a'],
    [
      'an image',
      [node('image', [], { src: 'https://example.org/a.png', alt: '[x]' })],
      '![\\[x\\]](https://example.org/a.png)',
    ],
  ])('%s', (_, content, markdown) => {
    expect(toMarkdown([paragraph(...content)])).toBe(`${markdown}\n`)
  })
})

describe('a text reads as it is', () => {
  test.each([
    ['<script>alert(1)</script>', '\\<script\\>alert(1)\\</script\\>'],
    ['# no heading', '\\# no heading'],
    ['- no list', '\\- no list'],
    ['1. no list', '1\\. no list'],
    ['1986. A great year', '1986\\. A great year'],
    ['---', '\\---'],
    ['- - -', '\\- - -'],
    ['> no quote', '\\> no quote'],
    ['    no code', 'no code'],
    ['*a* _b_ `c` ~~d~~', '\\*a\\* \\_b\\_ \\`c\\` \\~\\~d\\~\\~'],
    ['[a](https://example.org)', '\\[a\\](https://example.org)'],
    ['a | b', 'a \\| b'],
    ['&lt; & &#60;', '\\&lt; & \\&#60;'],
    ['back\\slash', 'back\\\\slash'],
    ['-5 and #1', '-5 and #1'],
    ['two\nlines', 'two lines'],
  ])('%s', (string, markdown) => {
    expect(toMarkdown([paragraph(text(string))])).toBe(`${markdown}\n`)
  })

  test('at the start of every line', () => {
    const structure = [paragraph(text('a'), node('hardBreak'), text('==='), node('hardBreak'), text('+ b'))]
    expect(toMarkdown(structure)).toBe(lines('a\\', '\\===\\', '\\+ b'))
  })
})

test('a delta', () => {
  const delta = [
    { insert: 'Title' },
    { insert: '\n', attributes: { header: 1 } },
    { insert: 'bold', attributes: { bold: true } },
    { insert: ' text\none' },
    { insert: '\n', attributes: { list: 'bullet' } },
    { insert: 'two' },
    { insert: '\n', attributes: { list: 'bullet', indent: 1 } },
    { insert: 'a < b' },
    { insert: '\n', attributes: { 'code-block': 'js' } },
  ]
  expect(toMarkdown(delta)).toBe(
    lines('# Title', '', '**bold** text', '', '- one', '  - two', '', '```js', 'a < b', '```'),
  )
})

test('every document of the StarterKit has a Markdown without tags but its own', () => {
  fc.assert(
    fc.property(tiptapContent, (content) => {
      const outsideCode = toMarkdown(content as Json)
        .replace(/^( *|> )*(`{3,})[\s\S]*?\2$/gm, '')
        .replace(/(`+)[\s\S]*?\1/g, '')
      expect(outsideCode.replace(/\\[<>]|<\/?(?:u|strong|em|del|sub|sup)>/g, '')).not.toMatch(/<\/?[a-z!?]/i)
    }),
  )
})
