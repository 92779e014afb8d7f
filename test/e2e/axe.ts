// axe-core in a window: what it calls serious or critical, one line each. Runs in: end-to-end tests.

import fs from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  readonly id: string
  readonly impact: string | null
  readonly help: string
  readonly nodes: readonly { readonly html: string }[]
}

function violationsOf(result: unknown): readonly Violation[] {
  if (typeof result !== 'object' || result === null || !('violations' in result)) throw new Error('axe gave no result')
  const { violations } = result
  return Array.isArray(violations) ? violations : []
}

export async function seriousViolations(page: Page): Promise<readonly string[]> {
  // As the tools of a developer would: the page's own policy lets no script in.
  await page.evaluate(source)
  const result: unknown = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')
  return violationsOf(result)
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html.slice(0, 200)}`)
}
