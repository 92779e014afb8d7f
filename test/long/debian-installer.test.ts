// Debian's netboot installer as its package has it, on a screen: its first dialogs appear, the menu follows the arrow keys, German is
// chosen, and a shell on the second terminal tells what the installer has understood. Its kernel is Debian's standard one, with
// framebuffer and keyboard built in, so nothing is to be loaded and no command line is needed for them.
// Runs in: vitest (long tier), on the bundles in out/main.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { debianInstaller } from '../support/debian-installer'
import type { RfbClient } from '../support/rfb-client'
import { cellsOf, viewScreen } from '../support/screen-viewer'
import { WatchedGuest } from '../support/watched-guest'

const TIMES = { timeout: 900_000, interval: 1000 }
/** The installer's colours for what is chosen, for dialogs and for what is behind them. */
const RED = 0xaa0000
const GREY = 0xaaaaaa
const BLUE = 0x0000aa
const [ALT, ENTER, DOWN, F2] = [0xffe9, 0xff0d, 0xff54, 0xffbf]

const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-installer-'))
const ends: (() => void)[] = []
afterAll(() => {
  for (const end of ends.splice(0)) end()
  rmSync(folder, { recursive: true, force: true })
})

/** The line of the menu that is chosen, once a whole dialog stands still. */
async function chosen(client: RfbClient, other: (row: number) => boolean): Promise<number> {
  let rows: number[] = []
  await expect
    .poll(async () => {
      const before = rows
      rows = [...new Set((await cellsOf(client, RED)).map(({ row }) => row))]
      const [row] = rows
      if (rows.length !== 1 || before.join() !== rows.join() || row === undefined || !other(row)) return false
      return (await cellsOf(client, GREY)).length > 500 && (await cellsOf(client, BLUE)).length > 100
    }, TIMES)
    .toBe(true)
  return rows[0] ?? -1
}

function press(client: RfbClient, ...keysyms: readonly number[]): void {
  for (const keysym of keysyms) client.key(keysym, true)
  for (const keysym of [...keysyms].reverse()) client.key(keysym, false)
}

const pause = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

describe("Debian's netboot installer", () => {
  it('shows its dialogs and does what is typed', async ({ skip }) => {
    let files: Awaited<ReturnType<typeof debianInstaller>>
    try {
      files = await debianInstaller(folder)
    } catch (error) {
      return skip(`no installer could be had here: ${error instanceof Error ? error.message : error}`)
    }
    const socket = path.join(folder, 'vnc')
    const guest = new WatchedGuest([
      // With less than 780 MiB it asks whether to go on in a mode for little memory.
      ...['--kernel', files.kernel, '--ramdisk', files.ramdisk, '--memory', '800', '--extra', 'quiet', '--vif', 'default'],
      ...['--vfb', '800x600', '--vnc', socket, '--timeout', '3000', '--expect', 'chosen: de'],
    ])
    ends.push(() => guest.kill())
    const { client, close } = await viewScreen(socket, 60_000)
    ends.push(close)

    // English is where the list of languages starts; German is seven below.
    const english = await chosen(client, () => true)
    press(client, DOWN)
    expect(await chosen(client, (row) => row !== english)).toBe(english + 1)
    for (let i = 0; i < 6; i++) press(client, DOWN)
    expect(await chosen(client, (row) => row > english + 1)).toBe(english + 7)
    press(client, ENTER)
    // The countries, Germany chosen; then the keyboards.
    const country = await chosen(client, (row) => row !== english + 7)
    press(client, ENTER)
    await chosen(client, (row) => row !== country)

    press(client, ALT, F2)
    await pause(5)
    press(client, ENTER)
    await pause(10)
    client.type('echo chosen: `debconf-get debian-installer/language` >/dev/hvc0\n')
    expect(await guest.ended, guest.output + guest.errors).toBe(0)
  }, 3_600_000)
})
