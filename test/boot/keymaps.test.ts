// Guests with keyboards of their own: Debian's standard kernel with a console keymap as console-setup makes it. A viewer that tells
// characters has every one of them arrive where the screen's keymap is the guest's; one that tells keys (the QEMU extended key event)
// needs none. Runs in: vitest, on the bundles in out/main.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { KEYMAP_KEYS, KEYMAP_NAMES, KEYMAPS, keysOfKeymap } from '../../src-engine/public/keymap'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { consoleKeymap, noConsoleKeymaps } from '../support/console-keymap'
import { debianGuest, ramdiskWith } from '../support/debian-guest'
import { viewScreen } from '../support/screen-viewer'
import { count } from '../support/tier'
import { WatchedGuest } from '../support/watched-guest'

const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-keymaps-'))
const ends: (() => void)[] = []
afterAll(() => {
  for (const end of ends.splice(0)) end()
  rmSync(folder, { recursive: true, force: true })
})

const PROMPT = DEMO_PROMPT.replace(/[~#$]/g, '\\$&')
/** What Linux's console makes of a dead key and a blank. */
const ALONE: Readonly<Record<string, string>> = { '´': "'", '¨': '"' }
const EURO = 0x20ac
const ENTER = 0xff0d

describe('a guest with a keymap of its own', () => {
  // German first: it has all that there is to get wrong.
  const names = ['de', ...KEYMAP_NAMES.filter((name) => name !== 'de')] as const
  it.each(names.slice(0, count(1, names.length)))(
    'is typed right in: %s',
    async (name) => {
      const missing = noConsoleKeymaps()
      const debian = await debianGuest('standard')
      if (missing || !debian.ok) return
      const socket = path.join(folder, `vnc-${name}`)
      const shell = 'loadkmap </keymap; echo keymap""loaded >/dev/hvc0; exec cat >/dev/hvc0'
      const guest = new WatchedGuest([
        ...['--kernel', debian.value.kernel, '--memory', '256', '--timeout', '280'],
        ...['--ramdisk', ramdiskWith(debian.value, [{ path: 'keymap', content: consoleKeymap(name) }])],
        ...['--extra', `${debian.value.commandLine} quiet`, '--vfb', `640x480,keymap=${name}`, '--vnc', socket],
        ...['--expect', PROMPT, '--send', `setsid sh -c '${shell}' </dev/tty1 >/dev/tty1 2>&1 &`],
        ...['--expect', 'keymaploaded', '--expect', 'keys:[^\\n]*\\n'],
      ])
      ends.push(() => guest.kill())
      await expect.poll(() => guest.output, { timeout: 200_000 }).toMatch(/keymaploaded/)
      const { client, close } = await viewScreen(socket, 60_000)
      ends.push(close)

      const characters = [...new Set(keysOfKeymap(name).map(({ character }) => character))].join('')
      for (const character of `text:${characters}\n`) {
        const keysym = character === '\n' ? ENTER : character === '€' ? EURO : character.charCodeAt(0)
        for (const down of [true, false]) client.key(keysym, down)
      }
      for (const character of 'keys:') for (const down of [true, false]) client.key(character.charCodeAt(0), down)
      // The letters' keys and digits' keys; a keysym beside the scancode says nothing.
      const [digits, ...rows] = KEYMAP_KEYS
      const codes = [...digits.slice(1, 11), ...rows.flatMap((row) => row.slice(0, 10))].filter((code) => code !== 86)
      for (const code of codes) for (const down of [true, false]) client.extendedKey(0x78, code, down)
      for (const down of [true, false]) client.extendedKey(ENTER, 28, down)
      expect(await guest.ended, guest.errors + guest.output.slice(-2000)).toBe(0)

      const printed = Buffer.from(guest.output, 'latin1').toString('utf8')
      const line = (start: string): string | undefined => new RegExp(`^${start}([^\\r\\n]*)\\r?$`, 'm').exec(printed)?.[1]
      expect(line('text:')).toBe([...characters].map((character) => ALONE[character] ?? character).join(''))
      const { plain } = KEYMAPS[name]
      const flat = KEYMAP_KEYS.flatMap((row, i) => row.map((code, place) => [code, plain[i]?.[place] ?? ' '] as const))
      const table = new Map<number, string>(flat)
      expect(line('keys:')).toBe(codes.map((code) => table.get(code)).join(''))
    },
    400_000,
  )
})
