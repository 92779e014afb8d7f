// Either form of a configuration, and what is kept of an xl.cfg through a definition and out again. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { keptXlLines } from '../../../src-main/config/kept-xl'
import { readConfig } from '../../../src-main/config/read-config'
import { diffTexts } from '../../../src-main/config/text-diff'

const UUID = '11111111-2222-4333-8444-555555555555'
const context = { newMac: () => '00:16:3e:00:00:01', networks: ['default'] }

describe('a configuration', () => {
  it('is domain XML or xl.cfg, whatever its file is called, with or without a byte order mark', () => {
    const xml = readConfig("\ufeff <domain><name>a</name><memory unit='MiB'>64</memory></domain>", context)
    expect(xml.ok && [xml.value.format, xml.value.config.memoryMiB]).toEqual(['xml', 64])
    const xl = readConfig('\ufeffname = "a"\nmemory = 64', context)
    expect(xl.ok && [xl.value.format, xl.value.config.memoryMiB]).toEqual(['xl', 64])
  })

  it('keeps the lines of an xl.cfg that mean nothing here in the definition', () => {
    const read = readConfig('name = "a"\nmemory = 64\ncpus = "all,^5" # <not> & here\npci = [ "01:00.0" ]\n', context)
    if (!read.ok) throw new Error(read.error.reason)
    const text = read.value.definitionText(UUID)
    expect(keptXlLines(text)).toBe('cpus = "all,^5"\npci = [ "01:00.0" ]')
    const again = readConfig(text, context)
    expect(again.ok && again.value.definitionText(UUID)).toBe(text)
  })
})

describe('a difference', () => {
  it('is all lines of both texts in order', () => {
    expect(diffTexts('a\nb\nc\n', 'a\nx\nc\n')).toEqual([
      { kind: 'kept', text: 'a' },
      { kind: 'removed', text: 'b' },
      { kind: 'added', text: 'x' },
      { kind: 'kept', text: 'c' },
    ])
    expect(diffTexts('', 'a')).toEqual([{ kind: 'added', text: 'a' }])
    expect(diffTexts('a', 'a')).toEqual([{ kind: 'kept', text: 'a' }])
  })

  it('gives up comparing what has nothing in common', () => {
    const numbered = (letter: string): string => Array.from({ length: 20_000 }, (_, i) => `${letter}${i}\n`).join('')
    const lines = diffTexts(numbered('a'), numbered('b'))
    expect(lines.filter(({ kind }) => kind === 'removed')).toHaveLength(20_000)
    expect(lines.filter(({ kind }) => kind === 'added')).toHaveLength(20_000)
  })
})
