// Ctrl+Z as a user presses it who reads what it takes back. Runs in: end-to-end tests (plain Node).
import type { Page } from 'playwright-core'

/** The bar that names the step goes after a while, which is over sooner than a test on a busy machine: the first press has it named again. */
export async function undoByKey(page: Page): Promise<void> {
  const bar = page.locator('.undo-bar')
  // What was done is seen before the call that did it has answered, and the bar comes after that.
  const isThere = await bar.waitFor({ timeout: 2_000 }).then(
    () => true,
    () => false,
  )
  if (!isThere) {
    await page.keyboard.press('Control+z')
    await bar.waitFor()
  }
  await page.keyboard.press('Control+z')
}
