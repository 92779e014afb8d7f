// A guest's screen in the app's real window: Electron on a (virtual) display, our own engine, Debian's standard kernel, and in the guest a
// program that draws (window-guest.c). Measured: frames a second of 1024x768 of which every pixel changes 30 times a second, on the canvas;
// what a frame costs, summed over all processes of the app but the thread of the vcpu; from a pixel the guest draws to the canvas; and
// from a key pressed in the window to what the guest draws at it, on the canvas; and what a text console costs that scrolls, on the
// screen (the kernel's console on its framebuffer) and on the page of the text console (hvc0).
// The guest's time of day is not quite the window's: Linux loses ticks while it boots. By how much is seen by the keys: each is answered
// after it was pressed. So what is told of pixels is the most it can be. Processor time as a share is that of 30 frames a second, so
// that a busy machine, which shows fewer, tells the same.
// Runs in: plain Node; Electron and display were prepared by resources/tooling/run.mjs.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { launch, type RunningApp } from '../e2e/app'
import type { DomainPage } from '../e2e/domain-page'
import { debianGuest, kernelModules, ramdiskWith } from '../support/debian-guest'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'
import { cpuSeconds, processTree, threadSeconds } from './processes'

const WIDTH = 1024
const HEIGHT = 768
const RATE = 30
const SECONDS = 10
const KEYS = 40
const BOOT_MS = 240_000

const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev
mount -t proc proc /proc; mount -t devtmpfs devtmpfs /dev; mount -t sysfs sysfs /sys
for round in 1 2 3; do for module in /modules/*.ko; do insmod $module; done; done 2>/dev/null
echo 0 >/sys/class/graphics/fbcon/cursor_blink
sleep 1
/window-guest
`

async function ramdisk(folder: string): Promise<{ kernel: string; ramdisk: string; cmdline: string }> {
  const guest = await debianGuest('standard')
  if (!guest.ok) throw new Error(guest.error)
  const modules = await kernelModules(guest.value, ['evdev'])
  if (!modules.ok) throw new Error(modules.error)
  const program = path.join(folder, 'window-guest')
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  execFileSync('gcc', ['-O2', '-static', '-o', program, path.join(root, 'test/bench/window-guest.c')])
  const files = [
    ...modules.value,
    { path: 'window-guest', content: readFileSync(program) },
    { path: 'bench-init', content: Buffer.from(INIT) },
  ]
  const { kernel, commandLine } = guest.value
  const cmdline = `${commandLine} console=tty0 console=hvc0 quiet rdinit=/bench-init`
  return { kernel, ramdisk: ramdiskWith(guest.value, files), cmdline }
}

async function open(app: RunningApp, folder: string): Promise<DomainPage> {
  const manager = await app.manager()
  const devices = [{ kind: 'vfb', width: WIDTH, height: HEIGHT }]
  const config = { name: 'bench', memoryMiB: 256, vcpus: 1, ...(await ramdisk(folder)), devices }
  const defined = await app.call(manager.page, 'domainDefine', { config, images: [], start: true })
  if (!defined.ok) throw new Error(JSON.stringify(defined))
  const { uuid } = defined.value
  const domain = await app.domain(async () => {
    await app.call(manager.page, 'windowOpen', { view: 'domain', uuid })
  })
  await app.electron.evaluate(({ BrowserWindow }) => {
    for (const one of BrowserWindow.getAllWindows())
      if (one.webContents.getURL().includes('view=domain')) one.setContentSize(1100, 940)
  })
  await domain.tab('Text console').click()
  await domain.waitForText('BENCH READY', BOOT_MS)
  await domain.tab('Screen').click()
  await domain.waitForScreen()
  await domain.screenCanvas().click()
  return domain
}

/**
 * From here on the page keeps when each frame came to the canvas, and with `stamps` what stands in its corner: milliseconds since
 * 1970, of which the guest tells the low 24 bits.
 */
async function watch(page: Page, stamps: boolean): Promise<void> {
  await page.evaluate((read) => {
    const now = () => performance.timeOrigin + performance.now()
    const seen: { at: number; stamp: number }[] = []
    const pressed: number[] = []
    const draw = Reflect.get(window, 'benchDraw') ?? OffscreenCanvasRenderingContext2D.prototype.putImageData
    Object.assign(window, { benchSeen: seen, benchPressed: pressed, benchDraw: draw })
    OffscreenCanvasRenderingContext2D.prototype.putImageData = function (
      this: OffscreenCanvasRenderingContext2D,
      ...given: unknown[]
    ) {
      Reflect.apply(draw, this, given)
      const at = now()
      const pixel = read ? this.getImageData(2, 2, 1, 1).data : [0, 0, 0]
      seen.push({ at, stamp: ((pixel[0] ?? 0) << 16) | ((pixel[1] ?? 0) << 8) | (pixel[2] ?? 0) })
    }
    if (Reflect.get(window, 'benchKeys')) return
    window.addEventListener('keydown', () => Reflect.get(window, 'benchPressed').push(now()), true)
    Object.assign(window, { benchKeys: true })
  }, stamps)
}

interface Seen {
  readonly at: number
  readonly stamp: number
}

async function seen(page: Page): Promise<{ frames: readonly Seen[]; pressed: readonly number[] }> {
  const found: unknown = await page.evaluate(() =>
    JSON.stringify([Reflect.get(window, 'benchSeen'), Reflect.get(window, 'benchPressed')]),
  )
  const [frames, pressed]: [Seen[], number[]] = JSON.parse(String(found))
  return { frames, pressed }
}

/** Milliseconds from a stamp to a time not long after it. */
function since(stamp: number, at: number): number {
  const low = ((Math.floor(at) % 0x1000000) - stamp + 0x1000000) % 0x1000000
  return (low > 0x800000 ? low - 0x1000000 : low) + (at % 1)
}

interface Measured {
  readonly framesPerSecond: number
  /** Of a core, with a screen that stands still. */
  readonly idleShare: number
  readonly cpuMsPerFrame: number
  readonly vcpuMsPerFrame: number
  /** Of a core, with a text console that scrolls by a line 30 times a second: the one on the screen, and the page of its own. */
  readonly consoleShare: number
  readonly textShare: number
  /** Of a core, with that page standing still. */
  readonly textIdleShare: number
  readonly pixelMs: number
  readonly pixelWorstMs: number
  readonly keyMs: number
  readonly keyWorstMs: number
}

/** From each key to its picture; and by how much, at most, the guest's clock is late. */
async function keys(page: Page): Promise<{ took: number[]; late: number }> {
  await watch(page, true)
  const took: number[] = []
  let late = Number.NEGATIVE_INFINITY
  for (let turn = 0; turn < KEYS; turn++) {
    const before = await seen(page)
    await page.keyboard.press('a')
    await page.waitForTimeout(250)
    const after = await seen(page)
    const pressed = after.pressed.at(-1)
    const old = before.frames.at(-1)?.stamp
    const frame = after.frames.slice(before.frames.length).find(({ stamp }) => stamp !== old)
    // The first finds what was on the screen before; on a busy machine one may come too late to be told from the next.
    if (turn === 0 || pressed === undefined || after.pressed.length === before.pressed.length || !frame) continue
    took.push(frame.at - pressed)
    late = Math.max(late, since(frame.stamp, pressed))
  }
  return { took, late }
}

/**
 * Processor time of the app for a while, the vcpu's apart: of the engine's processes no other thread but the main ones is nearly as busy
 * as that which draws (the compositor may be, with a guest whose code is translated).
 */
async function spent(pids: readonly number[], page: Page): Promise<{ others: number; vcpu: number; seconds: number }> {
  const engine = pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--type=utility'))
  const [before, cpu, start] = [threadSeconds(engine), cpuSeconds(pids), performance.now()]
  await page.waitForTimeout(SECONDS * 1000)
  const [after, all] = [threadSeconds(engine), cpuSeconds(pids) - cpu]
  const vcpu = Math.max(...[...after].map(([thread, time]) => time - (before.get(thread) ?? 0)))
  return { others: all - vcpu, vcpu, seconds: (performance.now() - start) / 1000 }
}

async function measure(): Promise<Measured> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-window-'))
  const app = await launch({ driver: 'embedded', preferences: { screenScale: 'exact' } })
  try {
    const domain = await open(app, folder)
    const { page } = domain
    const typed = await keys(page)
    await page.keyboard.press('f')
    await page.waitForTimeout(2000)
    const { frames: drawn } = await seen(page)
    const pixels = drawn.slice(-RATE).map(({ at, stamp }) => since(stamp, at) - typed.late)

    await watch(page, false)
    const pids = processTree(app.electron.process().pid ?? 0)
    const drawing = await spent(pids, page)
    const frames = (await seen(page)).frames.length
    await page.keyboard.press('f')
    await page.waitForTimeout(1000)
    const idle = await spent(pids, page)
    await page.keyboard.press('s')
    await page.waitForTimeout(4000)
    const scrolling = await spent(pids, page)
    await page.keyboard.press('s')
    await page.keyboard.press('t')
    await domain.tab('Text console').click()
    await page.waitForTimeout(4000)
    const text = await spent(pids, page)
    await domain.tab('Screen').click()
    await domain.screenCanvas().click()
    await page.keyboard.press('t')
    await domain.tab('Text console').click()
    await page.waitForTimeout(1000)
    const textIdle = await spent(pids, page)
    return {
      framesPerSecond: frames / drawing.seconds,
      idleShare: idle.others / idle.seconds,
      cpuMsPerFrame: (drawing.others - (idle.others / idle.seconds) * drawing.seconds) * (1000 / Math.max(1, frames)),
      vcpuMsPerFrame: (drawing.vcpu * 1000) / Math.max(1, frames),
      consoleShare: scrolling.others / scrolling.seconds,
      textShare: text.others / text.seconds,
      textIdleShare: textIdle.others / textIdle.seconds,
      pixelMs: median(pixels),
      pixelWorstMs: Math.max(...pixels),
      keyMs: median(typed.took),
      keyWorstMs: Math.max(...typed.took),
    }
  } finally {
    await app.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

export async function benchWindow({ runs }: BenchOptions): Promise<BenchReport> {
  const all: Measured[] = []
  for (let run = 0; run < runs; run++) all.push(await measure())
  const of = (key: keyof Measured): number => median(all.map((one) => one[key]))
  const text = [
    `a guest's screen of ${WIDTH}x${HEIGHT} in the real window at 1:1, every pixel drawn ${RATE} times a second, median of ${runs} runs; load ${os.loadavg()[0]?.toFixed(1)}`,
    table([
      ['frames/s on the canvas', of('framesPerSecond').toFixed(1)],
      ['% of a core, with a screen that stands still', (of('idleShare') * 100).toFixed(0)],
      ['CPU ms/frame beside that, all but the vcpu', of('cpuMsPerFrame').toFixed(1)],
      [`% of a core at ${RATE}/s`, (of('idleShare') * 100 + of('cpuMsPerFrame') * RATE * 0.1).toFixed(0)],
      ['CPU ms/frame, the vcpu', of('vcpuMsPerFrame').toFixed(1)],
      [`% of a core, ${RATE} lines/s of text on the screen`, (of('consoleShare') * 100).toFixed(0)],
      [`% of a core, ${RATE} lines/s on the text console's page`, (of('textShare') * 100).toFixed(0)],
      ['% of a core, with that page standing still', (of('textIdleShare') * 100).toFixed(0)],
      ['from guest pixel to canvas, ms (worst)', `${of('pixelMs').toFixed(1)} (${of('pixelWorstMs').toFixed(0)})`],
      ['from key to canvas, ms (worst)', `${of('keyMs').toFixed(1)} (${of('keyWorstMs').toFixed(0)})`],
    ]),
  ].join('\n')
  return { text, json: { bench: 'window', runs: all } }
}
