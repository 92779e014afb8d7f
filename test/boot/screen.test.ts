// A Debian standard kernel on its framebuffer: the boot is to be seen, a shell on tty1 does what a viewer types, and a program that
// reads evdev is told where a viewer clicked, to the pixel. What is no viewer is put out and counted. Then saved with a key held down, and
// restored: the same picture, and nothing sticks. The cloud kernel has the framebuffer and no keyboard.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { readPng } from '../support/png'
import type { RfbClient } from '../support/rfb-client'
import { viewScreen } from '../support/screen-viewer'
import { WatchedGuest } from '../support/watched-guest'

const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-screen-'))
const guests: WatchedGuest[] = []
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
  for (const guest of guests.splice(0)) guest.kill()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PROMPT = DEMO_PROMPT.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
const TIMES = { timeout: 200_000, interval: 200 }

function start(...args: readonly string[]): WatchedGuest {
  const guest = new WatchedGuest([...args, '--timeout', '280'])
  guests.push(guest)
  return guest
}

/** What must come on the console; fails at once when the runner has ended. */
async function comes(guest: WatchedGuest, pattern: RegExp): Promise<RegExpExecArray> {
  let status: number | null | undefined
  guest.ended.then((code) => {
    status = code
  })
  await expect.poll(() => pattern.test(guest.output) || status !== undefined, TIMES).toBe(true)
  const match = pattern.exec(guest.output)
  if (!match) throw new Error(`the guest ended with ${status}: ${guest.errors}${guest.output.slice(-2000)}`)
  return match
}

async function viewer(place: string): Promise<RfbClient> {
  const { client, close } = await viewScreen(place, TIMES.timeout)
  ends.push(close)
  return client
}

/** Says something that is no RFB, and waits until it is put out. */
function putOut(socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stranger = connect(socket, () => stranger.write('GET / HTTP/1.1\r\n\r\n'))
    stranger.resume()
    stranger.on('error', reject)
    stranger.on('close', () => resolve())
  })
}

/** How many pixels are not black: a text console has thousands. */
const lit = (pixels: Uint32Array): number => pixels.reduce((sum, pixel) => sum + (pixel & 0xffffff ? 1 : 0), 0)

/** A shell on the screen's first terminal. */
const SHELL = 'setsid sh -c "exec sh </dev/tty1 >/dev/tty1 2>&1" & sleep 1; echo on the$((1))screen'

interface InputEvent {
  readonly type: number
  readonly code: number
  readonly value: number
}

/** struct input_event of a 64-bit Linux: 16 bytes of time, type, code, value. */
function inputEvents(hex: string): InputEvent[] {
  return [...hex.matchAll(/^([0-9a-f]{48})\r?$/gm)].map((match) => {
    const bytes = Buffer.from(match[1] ?? '', 'hex')
    return { type: bytes.readUInt16LE(16), code: bytes.readUInt16LE(18), value: bytes.readInt32LE(20) }
  })
}

describe('the standard kernel', () => {
  it('shows its boot, does what is typed, and is told clicks to the pixel', async ({ skip }) => {
    const debian = await debianGuest('standard')
    if (!debian.ok) return skip(debian.error)
    const modules = await kernelModules(debian.value, ['evdev'])
    if (!modules.ok) return skip(modules.error)
    const socket = path.join(folder, 'vnc')
    const shot = path.join(folder, 'shot.png')
    const save = path.join(folder, 'saved')
    const figures = path.join(folder, 'figures.json')
    const guest = start(
      ...['--kernel', debian.value.kernel, '--ramdisk', ramdiskWith(debian.value, modules.value), '--memory', '256'],
      ...['--vfb', '1024x768', '--vnc', socket, '--screenshot', shot],
      ...['--extra', `${debian.value.commandLine} console=tty0 console=hvc0`],
      ...['--expect', PROMPT, '--send', SHELL],
      ...[
        '--expect',
        'on the1screen',
        '--send',
        `${insmods(modules.value)}; cat /dev/input/event1 >/tmp/events & echo pointer$((1))reader`,
      ],
      // The rest is typed on the screen; saved when that says so.
      ...['--save', save, '--save-after', 'andsaved', '--json', figures],
    )
    await comes(guest, /on the1screen/)
    const client = await viewer(socket)
    await client.frame(false)
    expect([client.width, client.height]).toEqual([1024, 768])
    expect(lit(client.pixels)).toBeGreaterThan(10_000)
    await comes(guest, /pointer1reader/)

    await putOut(socket)
    await putOut(socket)
    client.type('echo "Typed: `uname -s` $((6*7))" >/dev/hvc0\n')
    await comes(guest, /Typed: Linux 42/)

    // Domain 0 has no part in what follows: dead or new, the screen and the keys work.
    await guest.killDomain0()
    client.type('echo "Without: $((2*3))" >/dev/kmsg; dmesg | tail -1\n')
    const before = client.updates
    await client.frame()
    expect(client.updates).toBeGreaterThan(before)
    await expect.poll(() => guest.errors, TIMES).toContain('a new one takes over')
    client.type('echo "Again: $((40+4))" >/dev/hvc0\n')
    await comes(guest, /Again: 44/)

    const clicks = [
      [0, 0],
      [1023, 767],
      [511, 383],
      [37, 701],
      [900, 5],
    ] as const
    for (const [x, y] of clicks) {
      client.pointer(0, x, y)
      client.pointer(1, x, y)
      client.pointer(0, x, y)
    }
    client.pointer(8, 900, 5)
    client.pointer(0, 900, 5)
    client.type('hexdump -v -e \'24/1 "%02x" "\\n"\' /tmp/events >/dev/hvc0; echo all events >/dev/hvc0\n')
    await comes(guest, /all events/)
    const seen: string[] = []
    const at = [-1, -1]
    for (const { type, code, value } of inputEvents(guest.output)) {
      if (type === 3) at[code] = value
      if (type === 2) seen.push(`wheel ${value}`)
      if (type === 1 && code === 0x110 && value === 1) seen.push(at.join())
    }
    // An axis that never left 0 is never told.
    expect(seen.map((one) => one.replaceAll('-1,', '0,').replace(/,-1$/, ',0'))).toEqual([
      ...clicks.map(([x, y]) => `${x},${y}`),
      'wheel 1',
    ])

    // Saved with Shift held by a viewer.
    client.type('echo andsaved >/dev/hvc0\n')
    client.key(0xffe1, true)
    expect(await guest.ended, guest.errors).toBe(0)
    expect(JSON.parse(readFileSync(figures, 'utf8'))).toMatchObject({ refusedViewers: 2 })
    const picture = readPng(readFileSync(shot))

    const again = path.join(folder, 'again')
    const restoredShot = path.join(folder, 'restored.png')
    const restored = start(
      ...['--restore', save, '--vfb', '1024x768', '--vnc', again, '--screenshot', restoredShot],
      ...['--expect', 'lower case', '--type', 'poweroff'],
    )
    const second = await viewer(again)
    await second.frame(false)
    // The cursor blinks; everything else is what it was.
    let other = 0
    for (let i = 0; i < picture.pixels.length; i++) if (second.pixels[i] !== picture.pixels[i]) other++
    expect(other).toBeLessThan(1000)
    second.type('echo lower case >/dev/hvc0\n')
    await comes(restored, /lower case/)
    expect(await restored.ended, restored.errors + restored.output.slice(-1000)).toBe(0)
  }, 400_000)
})

describe('the cloud kernel', { tags: 'long' }, () => {
  it('has a screen, as large as it may be, and no keyboard', async ({ skip }) => {
    const debian = await debianGuest('cloud')
    if (!debian.ok) return skip(debian.error)
    const shot = path.join(folder, 'cloud.png')
    const guest = start(
      ...['--kernel', debian.value.kernel, '--ramdisk', debian.value.ramdisk, '--memory', '128'],
      ...['--vfb', '1920x1200', '--screenshot', shot, '--extra', `${debian.value.commandLine} console=tty0 console=hvc0`],
      ...['--expect', PROMPT, '--send', 'cat /sys/class/graphics/fb0/virtual_size'],
      ...['--expect', '\\n1920,1200'],
    )
    expect(await guest.ended, guest.errors + guest.output.slice(-2000)).toBe(0)
    const picture = readPng(readFileSync(shot))
    expect([picture.width, picture.height]).toEqual([1920, 1200])
    expect(lit(picture.pixels)).toBeGreaterThan(5000)
  }, 300_000)
})
