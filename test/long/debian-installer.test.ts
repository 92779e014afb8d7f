// Debian's netboot installer as its package has it, on a screen: its first dialogs appear, the menu follows the arrow keys, German is
// chosen, and a shell on the second terminal tells what the installer has understood. Its kernel is Debian's standard one, with
// framebuffer and keyboard built in, so nothing is to be loaded and no command line is needed for them.
// Runs in: vitest (long tier), on the bundles in out/main.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { PrivateApt } from '../../src-main/toolstack/apt'
import { demoFolder } from '../support/debian-guest'
import type { RfbClient } from '../support/rfb-client'
import { cellsOf, viewScreen } from '../support/screen-viewer'
import { WatchedGuest } from '../support/watched-guest'

const PACKAGE = 'debian-installer-12-netboot-amd64'
const FILES = { kernel: 'linux', ramdisk: 'initrd.gz' } as const
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

/** Kernel and ramdisk of the installer's text form, kept beside the demo guest's. Throws where they cannot be had. */
async function installer(): Promise<Readonly<Record<keyof typeof FILES, string>>> {
  const kept = path.join(demoFolder, 'installer')
  const place = (file: string): string => path.join(kept, file)
  if (!Object.values(FILES).every((file) => existsSync(place(file)))) {
    mkdirSync(kept, { recursive: true })
    const apt = new PrivateApt(path.join(folder, 'apt'), AbortSignal.timeout(600_000))
    const updated = await apt.update(() => undefined)
    if (!updated.ok) throw new Error(updated.error)
    const packed = await apt.download(PACKAGE, () => undefined)
    if (!packed.ok) throw new Error(packed.error)
    for (const file of Object.values(FILES)) {
      const found = await apt.extract(packed.value, (name) => name.endsWith(`/text/debian-installer/amd64/${file}`))
      if (!found.ok) throw new Error(found.error)
      writeFileSync(`${place(file)}.part`, found.value.content)
      renameSync(`${place(file)}.part`, place(file))
    }
  }
  return { kernel: place(FILES.kernel), ramdisk: place(FILES.ramdisk) }
}

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
    let files: Awaited<ReturnType<typeof installer>>
    try {
      files = await installer()
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
