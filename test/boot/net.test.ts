// Network interfaces with an unmodified kernel: Debian's cloud kernel with its own xen-netfront gets a lease, reaches the gateway, the
// host's services and names, serves a forwarded port, and two guests reach each other. Saved and restored with its network; domain 0
// replaced beneath it. Runs in: vitest, on the bundles in out/main.
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { DEMO_PROMPT, type DemoGuest } from '../../src-main/toolstack/demo-guest'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { missingProgram } from '../support/programs'
import { WatchedGuest } from '../support/watched-guest'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-net-'))
const guests: WatchedGuest[] = []
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
  for (const guest of guests.splice(0)) guest.kill()
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const MIB = 1024 * 1024
const PROMPT = DEMO_PROMPT.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
const SCRIPT = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add $ip/$mask dev $interface
ip route add default via $router
echo "nameserver $dns" >/etc/resolv.conf
`
/** Loads the driver, asks for a lease; says the address. */
const UP = 'mkdir -p /etc; ip link set lo up; ip link set eth0 up; udhcpc -i eth0 -n -q -s /net/udhcpc.sh'

interface Prepared {
  readonly guest: DemoGuest
  readonly ramdisk: string
  readonly insmod: string
}

let prepared: Promise<Prepared | string> | undefined

function prepare(): Promise<Prepared | string> {
  prepared ??= (async () => {
    const guest = await debianGuest('cloud')
    if (!guest.ok) return guest.error
    const modules = await kernelModules(guest.value, ['xen-netfront', 'af-packet'])
    if (!modules.ok) return modules.error
    const files = [...modules.value, { path: 'net/udhcpc.sh', content: Buffer.from(SCRIPT) }]
    return { guest: guest.value, ramdisk: ramdiskWith(guest.value, files), insmod: insmods(modules.value) }
  })()
  return prepared
}

function start({ guest, ramdisk }: Prepared, ...args: readonly string[]): WatchedGuest {
  const started = new WatchedGuest([
    ...['--kernel', guest.kernel, '--ramdisk', ramdisk, '--memory', '128', '--timeout', '280'],
    ...['--extra', `${guest.commandLine} quiet`, ...args],
  ])
  guests.push(started)
  return started
}

/** The rest of a conversation is one program of the runner's: what must come, what is typed then. */
const say = (...lines: readonly (readonly [expect: string, send: string])[]): string[] =>
  lines.flatMap(([pattern, text]) => ['--expect', pattern, '--send', text])

async function ended(guest: WatchedGuest): Promise<void> {
  const status = await guest.ended
  expect({ status, errors: guest.errors }, guest.output.slice(-3000)).toEqual({ status: 0, errors: '' })
}

async function listening(server: net.Server): Promise<number> {
  ends.push(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

describe('a network interface of an unmodified kernel', () => {
  it('gets a lease, reaches gateway, host and names, and is captured', async ({ skip }) => {
    const ready = await prepare()
    if (typeof ready === 'string') return skip(ready)
    const content = randomBytes(2 * MIB)
    const port = await listening(http.createServer((_request, response) => response.end(content)))
    const capture = path.join(folder, 'first.pcap')
    const store = path.join(folder, 'store')
    const guest = start(
      ready,
      ...['--vif', `default,mac=00:16:3e:00:00:01,capture=${capture}`, '--xenstore-ls', store],
      ...say(
        [PROMPT, `${ready.insmod}; ${UP} -x hostname:first; ip addr show eth0`],
        [`inet 10\\.0\\.2\\.15/24[^]*${PROMPT}`, 'ping -c 3 10.0.2.1; ping -c 1 -s 5000 10.0.2.1'],
        [`3 packets received[^]*1 packets received[^]*${PROMPT}`, 'nslookup first.default.internal'],
        [`Address.*10\\.0\\.2\\.15[^]*${PROMPT}`, `wget -q -O - http://10.0.2.1:${port}/ | md5sum`],
        [`${md5(content)}[^]*${PROMPT}`, `cat /proc/net/dev; wget -O - http://10.0.2.1:1/`],
        [`refused[^]*${PROMPT}`, 'poweroff'],
      ),
    )
    await ended(guest)
    expect(guest.output).not.toMatch(/Kernel panic|BUG:|invalid|Need more slots|Missing extra/)
    const nodes = fs.readFileSync(store, 'utf8')
    expect(nodes).toContain('/local/domain/0/backend/vif/1/0/hotplug-status = "connected"   (n0,r1)')
    expect(nodes).toContain('/local/domain/1/device/vif/0/request-rx-copy = "1"   (n1,r0)')
    expect(nodes).toContain('/local/domain/1/device/vif/0/mac = "00:16:3e:00:00:01"   (n1,r0)')
    if (missingProgram('tshark')) return
    const sums = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE']
    const tshark = (filter: string): string =>
      execFileSync('tshark', ['-r', capture, ...sums, '-Y', filter], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(tshark('dhcp').trim().split('\n').length).toBe(4)
    expect(tshark('ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || _ws.malformed')).toBe('')
  }, 300_000)

  it('serves a forwarded port and takes uploads', async ({ skip }) => {
    const ready = await prepare()
    if (typeof ready === 'string') return skip(ready)
    const bytes = 3000 * 1024
    const uploads: Buffer[] = []
    const port = await listening(
      net.createServer((socket) => {
        let count = 0
        socket.on('data', (data) => {
          uploads.push(data)
          count += data.length
          if (count >= bytes) socket.end('uploaded\n')
        })
      }),
    )
    const free = await listening(net.createServer())
    ends.pop()?.()
    const guest = start(
      ready,
      ...['--vif', `default,forward=tcp:${free}:80`],
      ...say(
        [
          PROMPT,
          `${ready.insmod}; ${UP}; mkdir /www; dd if=/dev/zero bs=1k count=3000 of=/www/file; httpd -h /www; echo serv''ing`,
        ],
        [`serving[^]*${PROMPT}`, `nc 10.0.2.1 ${port} </www/file`],
        ['uploaded', ''],
        ['bye', 'poweroff'],
      ),
    )
    await expect.poll(() => /uploaded/.test(guest.output) || guest.errors !== '', { timeout: 200_000 }).toBe(true)
    const zeros = Buffer.alloc(bytes)
    expect(Buffer.concat(uploads).equals(zeros)).toBe(true)
    const got = await new Promise<Buffer>((resolve, reject) => {
      const request = http.get({ host: '127.0.0.1', port: free, path: '/file' }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (data: Buffer) => parts.push(data))
        response.on('end', () => resolve(Buffer.concat(parts)))
      })
      request.on('error', reject)
    })
    expect(got.equals(zeros)).toBe(true)
  }, 300_000)
})
