// XenStore dumps as trees. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import { countNodes, filterStore, parseStore, pathsOf } from '../../../src-renderer/lib/store-tree'

const dump = `/local = ""   (n0)
/local/domain = ""   (n0)
/local/domain/1 = ""   (n1,r0)
/local/domain/1/name = "a = "b""   (n1)
/vm/x/uuid = "42"   (n0)
`

describe('a dump of XenStore', () => {
  it('becomes a tree; a parent that was not said is there without a value', () => {
    const tree = parseStore(dump)
    expect(tree.map(({ path }) => path)).toEqual(['/local', '/vm'])
    expect(countNodes(tree)).toBe(7)
    expect(tree[0]?.children[0]?.children[0]?.children[0]).toMatchObject({ name: 'name', value: 'a = "b"', permissions: 'n1' })
  })

  it('is filtered by path and value, with the parents of what is found', () => {
    const tree = parseStore(dump)
    expect(pathsOf(filterStore(tree, '42'))).toEqual(['/vm', '/vm/x'])
    expect(countNodes(filterStore(tree, 'NAME'))).toBe(4)
    expect(filterStore(tree, 'nothing like it')).toEqual([])
  })

  it.each([
    ['UTF-8', String.raw`\xf0\x9f\xa6\x8a F\xc3\xbcchse`, '🦊 Füchse'],
    ['quotes and backslashes', String.raw`say \"a\\b\"`, String.raw`say "a\b"`],
    ['bytes that are no text', String.raw`\xff\x00`, String.raw`\xff\x00`],
    ['an end of line', String.raw`a\nb \xc3\xbc`, String.raw`a\nb \xc3\xbc`],
    ['a control character', String.raw`\x1b[31m`, String.raw`\x1b[31m`],
    ['what turns text around', String.raw`\xe2\x80\xaegnp`, String.raw`\xe2\x80\xaegnp`],
  ])('shows %s as it can be read', (_what, escaped, shown) => {
    expect(parseStore(`/vm/x = "${escaped}"   (n0)`)[0]?.children[0]?.value).toBe(shown)
  })

  it('takes garbage without harm', () => {
    const garbage = ['', 'no path', '/ = "x"', '/a', `/${'x/'.repeat(3000)} = "deep"`, '/a = "', '/b = "" (', '//// = ""']
    expect(() => parseStore(garbage.join('\n'))).not.toThrow()
  })
})
