// Definitions as texts in the windows: the configuration text edited, its history gone back in, a file imported, the trash.
// Runs in: vitest, real Electron on the test driver.

import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { startMachine, UUID } from './domain-setup'
import { ownApp } from './own-app'

const keep = ownApp()

describe('the configuration text', () => {
  it('shows what a change does before it is applied, and the history goes back', async () => {
    const { app, domain } = await startMachine([{ kind: 'vfb', width: 800, height: 600 }], keep)
    const { page } = domain
    await domain.tab('Details').click()
    await domain.part('Configuration text').click()
    const editor = page.getByRole('textbox', { name: 'Configuration text' })
    const textNow = async () => (await editor.locator('.cm-line').allTextContents()).join('\n')
    await expect.poll(textNow).toContain('<name>server</name>')
    await app.picture(page, 'definition-text')
    const text = await textNow()
    await editor.fill(text.replace('<name>server</name>', '<name>server</nome>'))
    await page.getByText('line 2: missing end tag for element name').waitFor()
    await expect.poll(() => domain.button('Apply text').isDisabled()).toBe(true)
    // At its line too, in colour and in words; the keyboard gets there by a button, and out again by Tab.
    expect(await editor.locator('.config-wrong').textContent()).toContain('<name>server</nome>')
    expect(await editor.locator('.config-wrong-words').textContent()).toContain('missing end tag')
    await app.picture(page, 'definition-text-wrong')
    // What was typed stays while other parts are looked at, and is not left behind unasked.
    await domain.part('Overview').click()
    await domain.part('Configuration text').click()
    await expect.poll(textNow).toContain('</nome>')
    await domain.tab('Text console').click()
    await page.getByText('The configuration text was changed').waitFor()
    await domain.button('Keep editing').click()
    await expect.poll(textNow).toContain('</nome>')
    await page.getByRole('button', { name: 'Go to line 2' }).press('Enter')
    await page.keyboard.type('!')
    await expect.poll(textNow).toContain('!  <name>')
    await page.keyboard.press('Control+z')
    await expect.poll(textNow).not.toContain('!')
    await page.keyboard.press('Tab')
    expect(await editor.evaluate((node) => node === document.activeElement)).toBe(false)
    const named = text
      .replace('<name>server</name>', '<name>Büro 1</name>')
      .replace('</devices>', "<rng model='virtio'/></devices>")
    await editor.fill(named)
    await page.getByText('+   <name>Büro 1</name>').waitFor()
    await page.getByText('without effect here: rng').waitFor()
    await app.picture(page, 'definition-text-diff')
    await domain.button('Apply text').click()
    const file = path.join(app.folder, 'definitions', `${UUID}.xml`)
    const stored = () => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '')
    await expect.poll(stored).toContain('<name>Büro 1</name>')
    // Taken back and done again; what another window changed meanwhile is not overwritten by it.
    await page.locator('.undo-bar').getByText('Changed server').waitFor()
    await app.picture(page, 'definition-undo')
    await page.locator('.undo-bar').getByRole('button', { name: 'Undo' }).click()
    await expect.poll(stored).toContain('<name>server</name>')
    await expect.poll(textNow).toContain('<name>server</name>')
    await editor.fill(named)
    await page.getByText('+   <name>Büro 1</name>').waitFor()
    await domain.button('Apply text').click()
    await expect.poll(stored).toContain('<name>Büro 1</name>')
    await page.locator('.undo-bar').getByText('Changed server').waitFor()
    await app.call(page, 'domainRename', { uuid: UUID, name: 'Büro 2' })
    await page.locator('.undo-bar').getByRole('button', { name: 'Undo' }).click()
    await page.locator('.activity .notice.bad').waitFor()
    expect(stored()).toContain('<name>Büro 2</name>')
    await page.getByRole('button', { name: 'Dismiss this message' }).click()
    await app.call(page, 'domainRename', { uuid: UUID, name: 'Büro 1' })
    await expect.poll(stored).toContain('<name>Büro 1</name>')
    const exported = path.join(app.folder, 'out.cfg')
    await app.answerFileDialogs(exported)
    await domain.button('Export…').click()
    await page.getByRole('menuitem', { name: 'As xl.cfg…' }).click()
    await expect.poll(() => fs.existsSync(exported)).toBe(true)
    expect(fs.readFileSync(exported, 'utf8')).toContain("name = 'Büro 1'")

    await domain.part('History').click()
    await page.getByText('+   <name>Büro 1</name>').waitFor()
    await app.picture(page, 'definition-history')
    await page.getByRole('option', { name: /^Made/ }).click()
    await domain.button('Go back to it').click()
    await expect.poll(stored).toContain('<name>server</name>')
    await page
      .getByRole('option', { name: /^Gone back/ })
      .first()
      .waitFor()
    expect(stored()).not.toContain('rng')
  })
})

describe('the manager', () => {
  it('imports a configuration file, says what was changed to fit, and restores it from the trash', async () => {
    const { app, manager, kernel } = await startMachine([], keep)
    const { page } = manager
    const file = path.join(app.folder, 'old.cfg')
    const image = path.join(app.folder, 'disks', 'old.img')
    fs.writeFileSync(image, 'disk')
    fs.writeFileSync(
      file,
      `name = "server"\nmemory = 64\nkernel = "${kernel}"\nvif = [ 'bridge=xenbr0' ]\ncpus = "1"\ndisk = [ '${image},raw,xvda,w' ]\n`,
    )
    await app.answerFileDialogs(file)
    const menu = async (item: string) => {
      await manager.button('Application menu').click()
      await page.getByRole('menuitem', { name: item }).click()
    }
    await menu('Import configuration…')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('The name “server” is taken').waitFor()
    await app.picture(page, 'definition-import')
    await app.other(() => dialog.getByRole('button', { name: 'Import', exact: true }).click())
    await manager.waitForState('server 2', 'Shut off')
    await manager.choose('server 2', 'Delete')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => manager.row('server 2').count()).toBe(0)
    await menu('Trash…')
    await page.getByText('server 2').first().waitFor()
    await app.picture(page, 'definition-trash')
    await page.getByRole('button', { name: 'Restore “server 2”' }).click()
    await page.getByText('The trash is empty.').waitFor()
    await page.keyboard.press('Escape')
    await manager.waitForState('server 2', 'Shut off')
    await manager.choose('server 2', 'Delete')
    await page.getByText(image).click()
    await app.picture(page, 'definition-delete')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await menu('Trash…')
    await page.getByText('with 1 disk image').waitFor()
    await page.getByRole('button', { name: 'Empty trash…' }).click()
    await app.picture(page, 'definition-trash-empty')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Restore “server 2”' }).waitFor()
    await page.getByRole('button', { name: 'Empty trash…' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('The trash is empty.').waitFor()
    expect(fs.existsSync(image)).toBe(false)
  })
})
