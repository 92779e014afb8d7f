// The colours of both themes: text can be read on every surface it stands on (WCAG: 4.5 for text, 3 for marks).

import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const file = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../src-renderer/components/theme.css')
const css = fs.readFileSync(file, 'utf8')

type Colours = ReadonlyMap<string, string>

function colours(text: string): Colours {
  return new Map([...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name, value]) => [name ?? '', value ?? '']))
}

/** What stands between the braces of the first rule that begins so. */
function rule(selector: string): string {
  const start = css.indexOf(selector)
  return start < 0 ? '' : css.slice(start, css.indexOf('}', start))
}

const light = colours(rule(':root {'))
const dark: Colours = new Map([...light, ...colours(rule('@media (prefers-color-scheme: dark) {'))])
const contrastColours: Colours = new Map([...dark, ...colours(rule(':root[data-theme="contrast"] {'))])

function luminance(colour: string): number {
  const parts = [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16) / 255)
  const [red = 0, green = 0, blue = 0] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: string, b: string): number {
  const [bright = 0, dim = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (bright + 0.05) / (dim + 0.05)
}

const onSurfaces = ['surface', 'chrome', 'raised', 'sunken', 'selected', 'selected-idle', 'hover']
const pairs: readonly (readonly [string, string, number])[] = [
  ...onSurfaces.map((surface): readonly [string, string, number] => ['text', surface, 4.5]),
  ...['surface', 'chrome', 'raised', 'sunken', 'selected'].map((surface): readonly [string, string, number] => [
    'text-muted',
    surface,
    4.5,
  ]),
  ...['ok', 'warn', 'bad', 'idle', 'accent'].flatMap((state) =>
    ['surface', 'selected', 'selected-idle'].map((surface): readonly [string, string, number] => [state, surface, 4.5]),
  ),
  ['accent-text', 'accent', 4.5],
  ['accent-text', 'accent-hover', 4.5],
  ['text', 'warn-surface', 4.5],
  ['text', 'bad-surface', 4.5],
  ['text', 'info-surface', 4.5],
  ['bad', 'raised', 4.5],
  ['focus', 'surface', 3],
  ['focus', 'selected', 3],
  ['chart-cpu', 'surface', 3],
  ['chart-memory', 'surface', 3],
]

describe.each([
  ['light', light],
  ['dark', dark],
  ['contrast', contrastColours],
])('the %s theme', (_name, theme) => {
  it('can be read everywhere', () => {
    const poor = pairs.flatMap(([ink, paper, least]) => {
      const ratio = contrast(theme.get(ink) ?? '#000000', theme.get(paper) ?? '#000000')
      return ratio < least ? [`${ink} on ${paper}: ${ratio.toFixed(2)}`] : []
    })
    expect(poor).toEqual([])
  })
})

describe('high contrast', () => {
  it('sets every colour that the dark theme sets, and reaches 7:1 for text and 4.5:1 for lines', () => {
    const own = colours(rule(':root[data-theme="contrast"] {'))
    expect([...colours(rule('@media (prefers-color-scheme: dark) {')).keys()].filter((name) => !own.has(name))).toEqual([])
    const poor = [...pairs, ['line', 'surface', 4.5] as const].flatMap(([ink, paper, least]) => {
      const ratio = contrast(contrastColours.get(ink) ?? '#000000', contrastColours.get(paper) ?? '#000000')
      return ratio < (least === 4.5 && ink !== 'line' ? 7 : least) ? [`${ink} on ${paper}: ${ratio.toFixed(2)}`] : []
    })
    expect(poor).toEqual([])
  })
})
