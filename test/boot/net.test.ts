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
import type { Nic } from '../../src-engine/public/protocol/device'
import { DEMO_PROMPT, type DemoGuest } from '../../src-main/toolstack/demo-guest'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { missingProgram } from '../support/programs'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { secondTries } from '../support/second-tries'
import { LONG } from '../support/tier'
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

/** What a web server at a port of the host's loopback gives. */
function fetched(port: number, file: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path: file }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (data: Buffer) => parts.push(data))
      response.on('end', () => resolve(Buffer.concat(parts)))
    })
    request.on('error', reject)
  })
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

  it('serves a forwarded port and takes uploads', { tags: 'long', timeout: 300_000 }, async ({ skip }) => {
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
    const got = await fetched(free, '/file')
    expect(got.equals(zeros)).toBe(true)
  })
})

describe('guests of one machine', () => {
  const machine = secondTries(new TestMachine())
  afterAll(() => machine.dispose())

  const nic = (number: number, network = 'default'): Nic => ({
    kind: 'vif',
    index: 0,
    network,
    mac: `00:16:3e:00:01:0${number}`,
    forwards: number === 1 ? [{ protocol: 'tcp', hostPort: 0, guestPort: 80 }] : [],
  })

  async function running(ready: Prepared, number: number): Promise<RunningGuest> {
    const { kernel, commandLine } = ready.guest
    const guest = new RunningGuest(machine)
    const files = { kernel, ramdisk: ready.ramdisk, commandLine: `${commandLine} quiet`, memoryMiB: 128 }
    await guest.boot(files, number, [nic(number)])
    await guest.expect(new RegExp(PROMPT), 120)
    expect(await guest.run(`${ready.insmod}; ${UP} -x hostname:guest${number}`)).toContain('obtained from 10.0.2.1')
    return guest
  }

  it('ping each other, fetch from each other by name; MACs are unique, networks must be there', {
    tags: 'long',
    timeout: 500_000,
  }, async ({ skip }) => {
    const ready = await prepare()
    if (typeof ready === 'string') return skip(ready)
    const one = await running(ready, 1)
    const two = await running(ready, 2)
    expect(await two.run('ping -c 3 10.0.2.15')).toContain('3 packets received')
    await one.run('mkdir /www; head -c 3000000 /dev/urandom > /www/file; httpd -h /www')
    const sum = (text: string): string => /[0-9a-f]{32}/.exec(text)?.[0] ?? ''
    const sent = sum(await one.run('md5sum /www/file'))
    expect(sum(await two.run('wget -q -O - http://guest1.default.internal/file | md5sum'))).toBe(sent)
    const forwarded = Number(/tcp port (\d+) leads to port 80/.exec(machine.log.join('\n'))?.[1])
    expect(md5(await fetched(forwarded, '/file'))).toBe(sent)
    const { handle } = two
    const taken = await machine.dom0.call('attachDevice', { handle, device: { ...nic(1), index: 1 } })
    expect(taken).toMatchObject({ ok: false, error: { code: 'INVALID_ARG' } })
    const missing = await machine.dom0.call('attachDevice', { handle, device: { ...nic(3, 'nowhere'), index: 1 } })
    expect(missing).toMatchObject({ ok: false, error: { message: 'There is no network nowhere.' } })
    const counters = await machine.dom0.call('deviceCounters', { handle })
    expect(counters.ok && counters.value.devices[0]).toMatchObject({ key: 'vif/0', state: 4, errors: 0 })
    expect(counters.ok && (counters.value.devices[0]?.readBytes ?? 0)).toBeGreaterThan(3_000_000)
    if (!LONG) return

    // A second interface, on an isolated network that is defined now.
    const isolated = {
      name: 'inner',
      kind: 'isolated',
      address: '10.9.0.1',
      prefix: 24,
      hosts: [],
      hostLoopback: false,
    } as const
    const dhcp = { first: '10.9.0.10', last: '10.9.0.20' }
    expect(await machine.dom0.call('setNetworks', { networks: [{ ...isolated, dhcp }] })).toEqual({ ok: true, value: {} })
    const second: Nic = { ...nic(4, 'inner'), index: 1 }
    expect(await machine.dom0.call('attachDevice', { handle, device: second })).toEqual({ ok: true, value: {} })
    const inner = await two.run('sleep 1; ip link set eth1 up; udhcpc -i eth1 -n -q -s /net/udhcpc.sh; ping -c 1 10.9.0.1')
    expect(inner).toContain('lease of 10.9.0.10')
    expect(inner).toContain('1 packets received')
    expect(await machine.dom0.call('detachDevice', { handle, key: 'vif/1', force: false })).toEqual({ ok: true, value: {} })
    expect(await two.run('ip link')).not.toContain('eth1')
    expect(await two.run('ping -c 1 10.0.2.15')).toContain('1 packets received')

    // Domain 0 dies: the interfaces go on with a new one.
    const leasesBefore = await machine.dom0.call('networkLeases', { network: 'default' })
    await machine.replaceDom0()
    expect(await machine.dom0.call('networkLeases', { network: 'default' })).toEqual(leasesBefore)
    expect(leasesBefore).toMatchObject({ value: { leases: [{ address: '10.0.2.15' }, { address: '10.0.2.16' }] } })
    expect(await two.run('sleep 1; ping -c 5 10.0.2.15')).toMatch(/[1-5] packets received/)
    expect(sum(await two.run('wget -q -O - http://10.0.2.15/file | md5sum'))).toBe(sent)

    // Saved in the middle of a transfer, restored: the transfer goes on, since TCP sends again what was lost.
    two.type('wget -q -O - http://10.0.2.15/file | md5sum; echo trans""ferred\n')
    const file = path.join(folder, 'two.save')
    expect(await two.domain.call('save', { path: file })).toMatchObject({ ok: true })
    two.dispose()
    await machine.dom0.call('release', { handle })
    const again = new RunningGuest(machine)
    await again.restore(file, 3, [nic(2)])
    expect(sum(await again.expect(/[0-9a-f]{32}[\s\S]*transferred/, 120))).toBe(sent)
    expect(await again.run('ping -c 2 10.0.2.15')).toContain('2 packets received')
    for (const guest of [one, again]) expect(guest.console).not.toMatch(/Kernel panic|BUG:/)
  })
})
