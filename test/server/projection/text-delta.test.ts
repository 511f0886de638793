import { describe, expect, test } from 'vitest'
import { toHtml } from '../../../server/projection/text-html.ts'
import type { Json } from '../../../shared/json.ts'

describe('R6: a delta is rendered like nodes', () => {
  test.each<[string, Json, string]>([
    ['plain lines', [{ insert: 'a\n\nb' }], '<p>a</p><p></p><p>b</p>'],
    [
      'headings and formats',
      [
        { insert: 'Title' },
        { insert: '\n', attributes: { header: 2 } },
        { insert: 'b', attributes: { bold: true, link: 'https://example.org' } },
        { insert: 'c', attributes: { script: 'sub', color: 'red' } },
        { insert: 'd', attributes: { link: 'javascript:x', italic: true } },
        { insert: '\n' },
      ],
      '<h2>Title</h2><p><a href="https://example.org" rel="noopener noreferrer nofollow"><strong>b</strong></a>' +
        '<sub>c</sub><em>d</em></p>',
    ],
    [
      'lists, nested by indent',
      [
        { insert: 'a' },
        { insert: '\n', attributes: { list: 'ordered' } },
        { insert: 'b' },
        { insert: '\n', attributes: { list: 'bullet', indent: 1 } },
        { insert: 'c' },
        { insert: '\n', attributes: { list: 'ordered' } },
        { insert: 'd' },
        { insert: '\n', attributes: { list: 'checked' } },
      ],
      '<ol><li><p>a</p><ul><li><p>b</p></li></ul></li><li><p>c</p></li></ol>' +
        '<ul><li><input type="checkbox" disabled checked><p>d</p></li></ul>',
    ],
    [
      'a list item that jumps three levels goes one down',
      [
        { insert: 'a' },
        { insert: '\n', attributes: { list: 'bullet' } },
        { insert: 'b' },
        { insert: '\n', attributes: { list: 'bullet', indent: 4 } },
      ],
      '<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>',
    ],
    [
      'quotes and code',
      [
        { insert: 'q\nr' },
        { insert: '\n', attributes: { blockquote: true } },
        { insert: 'let a' },
        { insert: '\n', attributes: { 'code-block': 'ts' } },
        { insert: 'let b' },
        { insert: '\n', attributes: { 'code-block': 'ts' } },
        { insert: 'plain' },
        { insert: '\n', attributes: { 'code-block': true } },
      ],
      '<p>q</p><blockquote><p>r</p></blockquote>' +
        '<pre><code class="language-ts">let a\nlet b</code></pre><pre><code>plain</code></pre>',
    ],
    [
      'embeds',
      [{ insert: { image: 'https://example.org/a.png' } }, { insert: { formula: '<b>' } }, { insert: '\n' }],
      '<p><img src="https://example.org/a.png" alt=""></p>',
    ],
  ])('%s', (_, structure, html) => {
    expect(toHtml(structure)).toBe(html)
  })
})
