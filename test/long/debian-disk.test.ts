// A Debian 12 system on a disk image, made by resources/debian/make-debian-image.sh with this machine's package sources: it boots from
// its disk to the login; root logs in on the text console, writes with fsync, downloads from the host, serves a forwarded port, and powers
// off. Then again, logging in on the screen, where gpm shows a mouse pointer. The file system is clean after each.
// Minutes to make and minutes to run. Runs in: vitest (long tier), on the bundles in out/main.
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { missingProgram } from '../support/programs'
import type { RfbClient } from '../support/rfb-client'
import { type Cell, cellsOf, viewScreen } from '../support/screen-viewer'
import { WatchedGuest } from '../support/watched-guest'

const ROOT = process.env['RINGMASTER_ROOT'] ?? path.resolve(import.meta.dirname, '../..')
const missing = missingProgram('mmdebstrap', 'mke2fs', 'unshare', 'e2fsck')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-debian-'))
const ends: (() => void)[] = []
afterAll(() => {
  for (const end of ends.splice(0)) end()
  fs.rmSync(folder, { recursive: true, force: true })
})

const IMAGE = path.join(folder, 'debian.img')
const TIMES = { timeout: 1_500_000, interval: 500 }
const PATIENCE = { timeout: 120_000, interval: 1000 }
/** What a text console draws a mouse pointer with: the colour of its letters. */
const GREY = 0xaaaaaa

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

function boot(...args: readonly string[]): WatchedGuest {
  const guest = new WatchedGuest([
    ...['--kernel', path.join(folder, 'vmlinuz'), '--ramdisk', path.join(folder, 'initrd.img'), '--memory', '512'],
    ...['--disk', IMAGE, '--timeout', '1800', ...args],
  ])
  ends.push(() => guest.kill())
  return guest
}

async function comes(guest: WatchedGuest, pattern: RegExp): Promise<void> {
  let ended = false
  void guest.ended.then(() => {
    ended = true
  })
  await expect.poll(() => pattern.test(guest.output) || ended, TIMES).toBe(true)
  expect(guest.output + guest.errors).toMatch(pattern)
}

async function poweredOff(guest: WatchedGuest): Promise<void> {
  const status = await guest.ended
  expect({ status, errors: guest.errors }, guest.output.slice(-3000)).toEqual({ status: 0, errors: '' })
  expect(guest.output).not.toMatch(/I\/O error|Kernel panic|BUG:|EXT4-fs error/)
  execFileSync('e2fsck', ['-fn', IMAGE], { stdio: 'pipe' })
}

async function listening(server: net.Server): Promise<number> {
  ends.push(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

async function fetched(port: number, file: string): Promise<Buffer> {
  const response = await fetch(`http://127.0.0.1:${port}${file}`)
  return Buffer.from(await response.arrayBuffer())
}

describe('a Debian system on a disk', () => {
  it('boots, is worked in, powers off and boots again, its file system clean', async ({ skip }) => {
    if (missing) return skip(`${missing} is not installed`)
    try {
      execFileSync('sh', [path.join(ROOT, 'resources/debian/make-debian-image.sh'), folder], { stdio: 'pipe' })
    } catch (error) {
      return skip(`no Debian system could be made here: ${error instanceof Error ? error.message.slice(-500) : error}`)
    }
    const written = await onTheTextConsole()
    await onTheScreen(written)
  }, 7_200_000)
})

/** Gives the sum of /root/file, which it wrote. */
async function onTheTextConsole(): Promise<string> {
  const content = randomBytes(3 * 1024 * 1024)
  const free = net.createServer()
  const forwarded = await listening(free)
  await new Promise((resolve) => free.close(resolve))
  let served = ''
  // The guest asks for /served when its own server runs, and gets an answer when the host has fetched from there.
  const port = await listening(
    http.createServer(async (request, response) => {
      if (request.url === '/served') served = md5(await fetched(forwarded, '/file'))
      response.end(request.url === '/served' ? 'thanks\n' : content)
    }),
  )
  const work = [
    'until ip -4 addr show eth0 | grep inet; do sleep 1; done',
    'dd if=/dev/urandom of=/root/file bs=64k count=32 conv=fsync && md5sum /root/file',
    `wget -q -O /root/download http://10.0.2.1:${port}/ && sync && md5sum /root/download`,
    `busybox httpd -p 80 -h /root; wget -q -O - http://10.0.2.1:${port}/served; systemctl is-system-running --wait`,
  ]
  const guest = boot(
    ...['--extra', 'root=/dev/xvda ro console=hvc0 cryptomgr.notests', '--vif', `default,forward=tcp:${forwarded}:80`],
    ...['--expect', 'login: ', '--send', 'root', '--expect', '# ', '--send', work.join('; ')],
    ...['--expect', '\\nthanks\\s+running[^]*# ', '--send', 'poweroff'],
  )
  await poweredOff(guest)
  const written = /^([0-9a-f]{32}) {2}\/root\/file\r?$/m.exec(guest.output)?.[1] ?? ''
  expect(served).toBe(written)
  expect(guest.output).toContain(`${md5(content)}  /root/download`)
  return written
}

async function onTheScreen(written: string): Promise<void> {
  const socket = path.join(folder, 'vnc')
  const guest = boot(
    ...['--extra', 'root=/dev/xvda ro console=tty0 console=hvc0 cryptomgr.notests', '--vif', 'default'],
    ...['--vfb', '800x600', '--vnc', socket, '--expect', 'login: ', '--expect', 'all was seen', '--send', ''],
  )
  await comes(guest, /login: /)
  const { client, close } = await viewScreen(socket, PATIENCE.timeout)
  ends.push(close)
  // The other console's login may come a moment later.
  await new Promise((resolve) => setTimeout(resolve, 20_000))
  client.type('root\n')
  await new Promise((resolve) => setTimeout(resolve, 20_000))
  client.type('clear; tty >/dev/hvc0; md5sum /root/file >/dev/hvc0\n')
  await comes(guest, new RegExp(`/dev/tty1\\s+${written}  /root/file`))

  const from = await pointerAt(client, 300, 300)
  const right = await pointerAt(client, 360, 300)
  const below = await pointerAt(client, 360, 360)
  expect(right.row).toBe(from.row)
  expect(right.column).toBeGreaterThan(from.column)
  expect(below.column).toBe(right.column)
  expect(below.row).toBeGreaterThan(right.row)

  client.type('echo all was seen >/dev/hvc0; poweroff\n')
  await poweredOff(guest)
}

/** Where gpm shows its pointer when the viewer's is there: it moves as far as the viewer's does, from where it was. */
async function pointerAt(client: RfbClient, x: number, y: number): Promise<Cell> {
  client.pointer(0, x - 1, y)
  client.pointer(0, x, y)
  let last: Cell | undefined
  await expect
    .poll(async () => {
      const cells = await cellsOf(client, GREY)
      const before = last
      last = cells[0]
      return cells.length === 1 && before?.column === last?.column && before?.row === last?.row
    }, PATIENCE)
    .toBe(true)
  if (!last) throw new Error('no pointer')
  return last
}
