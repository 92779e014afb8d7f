// Every window and dialog through axe-core: names, roles, contrast, focus. A finding that axe calls serious or critical fails, with
// the element it is about. With the full counts in every theme and both languages.
// Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { LONG } from '../support/tier'
import { playScenes } from './scenes'

const axeSource = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

async function findings(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource)
  const { violations } = await page.evaluate(
    (): Promise<AxeResults> => Reflect.get(window, 'axe').run(document, { resultTypes: ['violations'] }),
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, any, all }) => `${id}: ${html.slice(0, 200)} ${[...any, ...all][0]?.message ?? ''}`),
    )
}

const rounds = [
  { theme: 'light', language: 'en' },
  { theme: 'dark', language: 'de' },
  { theme: 'contrast', language: 'en' },
] as const

describe('every window and dialog', () => {
  it.each(LONG ? rounds : rounds.slice(0, 1))(
    'has no serious finding of axe: $theme, $language',
    { timeout: 600_000 },
    async (round) => {
      const found: string[] = []
      let looked = 0
      await playScenes({
        ...round,
        scale: 1,
        show: async (page, name) => {
          looked += 1
          for (const finding of await findings(page)) found.push(`${name}: ${finding}`)
        },
        failed: (scene, reason) => found.push(`${scene}: ${String(reason)}`),
      })
      expect([...new Set(found)]).toEqual([])
      expect(looked).toBeGreaterThan(25)
    },
  )
})
