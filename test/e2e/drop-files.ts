// Drops files of the host onto a window or a part of it, as a file manager would: they come from a hidden field, so that they have paths.
// Runs in: end-to-end tests.

import type { Locator, Page } from 'playwright-core'

export async function dropFiles(page: Page, target: Locator, files: readonly string[]): Promise<void> {
  await page.evaluate(() => {
    const field = document.createElement('input')
    field.type = 'file'
    field.multiple = true
    field.id = 'dropped'
    field.hidden = true
    document.body.append(field)
  })
  await page.setInputFiles('#dropped', [...files])
  await target.evaluate((element) => {
    const field = document.getElementById('dropped')
    const data = new DataTransfer()
    if (field instanceof HTMLInputElement) for (const file of field.files ?? []) data.items.add(file)
    field?.remove()
    for (const kind of ['dragenter', 'dragover', 'drop']) {
      const event = new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true })
      element.dispatchEvent(event)
    }
  })
}
