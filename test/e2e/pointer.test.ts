// From mouse and keyboard over the window to a program in the guest: Debian's standard kernel on our own engine, in which a program reads the
// pointer's evdev and tells where each click was. Fitted and pixel on pixel, with the window drawn at 100, 150 and 200 %, each within one pixel
// of the place clicked on. Then a German keyboard types into a guest that has one. Skipped where Debian's kernel cannot be had. Runs in: plain Node; starts the real Electron on a virtual display.
import { expect, it } from 'vitest'
import { consoleKeymap, noConsoleKeymaps } from '../support/console-keymap'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { LONG } from '../support/tier'
import type { DomainPage } from './domain-page'
import { startMachine } from './domain-setup'
import { ownApp } from './own-app'

const keep = ownApp()
const WIDTH = 640
const HEIGHT = 480
const BOOT_MS = 200_000

/** Tells the place of each press of the left button in a file of `struct input_event` (24 bytes; the value in two words). */
const CLICKS = `#!/bin/sh
od -v -An -w24 -t d2 "$1" | {
  x=0; y=0
  while read -r a b c d e f g h type code low high; do
    case $type.$code.$low in
      3.0.*) x=$low ;;
      3.1.*) y=$low ;;
      1.272.1) echo "click $x $y" ;;
    esac
  done
}
`

type Place = readonly [x: number, y: number]

const PLACES: readonly Place[] = [
  [1, 1],
  [638, 478],
  [320, 240],
  [123, 45],
  [601, 17],
  [18, 402],
]

/** Keys of a German keyboard, with what the browser says they give, held with what is in front of them; and what must come of them. */
const GERMAN: readonly (readonly [code: string, key: string, held?: readonly [code: string, key: string]])[] = [
  ['KeyY', 'z'],
  ['KeyZ', 'y'],
  ['Semicolon', 'ö'],
  ['Minus', 'ß'],
  ['Slash', '-'],
  ['Digit7', '/', ['ShiftLeft', 'Shift']],
  ['KeyQ', '@', ['AltRight', 'AltGraph']],
  ['KeyA', 'A', ['ShiftRight', 'Shift']],
  ['Enter', 'Enter'],
]

/** As the browser tells of keys there: playwright's own keyboard is an American one. */
async function press(domain: DomainPage, keys: typeof GERMAN): Promise<void> {
  const events = keys.flatMap(([code, key, held]) => [
    ...(held ? [{ type: 'keydown', code: held[0], key: held[1] }] : []),
    { type: 'keydown', code, key },
    { type: 'keyup', code, key },
    ...(held ? [{ type: 'keyup', code: held[0], key: held[1] }] : []),
  ])
  await domain.screenCanvas().evaluate((canvas, list) => {
    for (const { type, code, key } of list) {
      canvas.dispatchEvent(new KeyboardEvent(type, { code, key, bubbles: true, cancelable: true }))
    }
  }, events)
}

/** Clicks on guest pixels by what the window shows of them. */
async function click(domain: DomainPage, places: readonly Place[]): Promise<void> {
  const box = await domain.screenCanvas().boundingBox()
  if (box === null) throw new Error('no canvas')
  for (const [x, y] of places) {
    await domain.page.mouse.click(box.x + ((x + 0.5) * box.width) / WIDTH, box.y + ((y + 0.5) * box.height) / HEIGHT)
  }
}

it.for(LONG ? [1, 1.5, 2] : [1.5])(
  'a program in the guest is told of clicks to the pixel at %s',
  { tags: 'long', timeout: 400_000 },
  async (scale, { skip }) => {
    const debian = await debianGuest('standard')
    if (!debian.ok) return skip(debian.error)
    const modules = await kernelModules(debian.value, ['evdev'])
    if (!modules.ok) return skip(modules.error)
    const { kernel, commandLine } = debian.value
    const program = { path: 'clicks', content: new TextEncoder().encode(CLICKS) }
    const keymaps = noConsoleKeymaps() === undefined ? [{ path: 'keymap', content: consoleKeymap('de') }] : []
    const ramdisk = ramdiskWith(debian.value, [...modules.value, program, ...keymaps])
    const { app, domain } = await startMachine([{ kind: 'vfb', width: WIDTH, height: HEIGHT }], keep, {
      driver: 'embedded',
      scale,
      config: { kernel, ramdisk, cmdline: `${commandLine} quiet console=tty0 console=hvc0` },
    })
    const { page } = domain
    await domain.tab('Text console').click()
    await domain.waitForText('demo:~#', BOOT_MS)
    await domain.type(`${insmods(modules.value)}; cat /dev/input/event1 >/tmp/events & sleep 1; echo pointer$((1))read\r`)
    await domain.waitForText('pointer1read', 60_000)
    await domain.tab('Screen').click()
    await domain.waitForScreen()
    const wanted: Place[] = []
    for (const way of ['Fit', '1:1']) {
      await page.getByText(way, { exact: true }).click()
      const shown = async () => ((await domain.screenCanvas().boundingBox())?.width ?? 0) * scale
      if (way === '1:1') await expect.poll(async () => Math.round(await shown())).toBe(WIDTH)
      await click(domain, PLACES)
      wanted.push(...PLACES)
      await app.picture(page, `pointer-${scale}-${way === 'Fit' ? 'fit' : 'exact'}`)
    }
    await domain.tab('Text console').click()
    await domain.type('clear; sh /clicks /tmp/events; echo clicks$((1))told\r')
    await domain.waitForText('clicks1told', 60_000)
    const told = [...(await domain.screen()).matchAll(/^click (\d+) (\d+)$/gm)].map(([, x, y]): Place => [Number(x), Number(y)])
    expect(told).toHaveLength(wanted.length)
    for (const [i, [x, y]] of wanted.entries()) {
      const [atX = -9, atY = -9] = told[i] ?? []
      expect([Math.abs(atX - x) <= 1, Math.abs(atY - y) <= 1], `${x},${y} came as ${atX},${atY}`).toEqual([true, true])
    }
    if (keymaps.length === 0) return
    const reader = 'loadkmap </keymap; echo ready >/tmp/ready; exec cat >/tmp/typed'
    await domain.type(`clear; setsid sh -c '${reader}' </dev/tty1 >/dev/tty1 2>&1 &\r`)
    await domain.type('until [ -s /tmp/ready ]; do sleep 1; done; echo keys$((1))read\r')
    await domain.waitForText('keys1read', 60_000)
    await domain.tab('Screen').click()
    await domain.waitForScreen()
    await domain.screenCanvas().click()
    await press(domain, GERMAN)
    await domain.tab('Text console').click()
    await domain.type('until [ -s /tmp/typed ]; do sleep 1; done; clear; cat /tmp/typed; echo typed$((1))told\r')
    await domain.waitForText('typed1told', 60_000)
    expect(await domain.screen()).toContain('zyöß-/@A\n')
  },
)
