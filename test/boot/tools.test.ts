// The tools people judge devices with, as Debian packs them, in a guest of Debian's cloud kernel: ethtool switches offloads under
// traffic, iperf3 sends both ways to the host and to another guest, ping floods, fio verifies what it wrote, and the host's fio verifies it
// again in the image. The programs come to the guest on a disk of their own. Runs in: vitest, on the bundles in out/main.
import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Disk, Nic } from '../../src-engine/public/protocol/device'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { missingProgram } from '../support/programs'
import { makeProgramsDisk, mountPrograms } from '../support/programs-disk'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { count } from '../support/tier'

const PROGRAMS = ['ethtool', 'iperf3', 'ping', 'fio']
const MIB = 1024 * 1024
const IPERF_PORT = 5201
const GATEWAY = '10.0.2.1'
const addressOf = (number: number): string => `10.0.2.${20 + number}`

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-tools-'))
const machine = new TestMachine()
const ends: (() => void)[] = []
afterAll(async () => {
  for (const end of ends.splice(0)) end()
  await machine.dispose()
  fs.rmSync(folder, { recursive: true, force: true })
})

const captureOf = (number: number): string => path.join(folder, `guest${number}.pcap`)
const RAW = path.join(folder, 'work.raw')
const QCOW2 = path.join(folder, 'work.qcow2')

const disk = (dev: string, file: string, format: Disk['format'], readonly = false): Disk => ({
  ...{ kind: 'vbd', dev, path: file, format, readonly, removable: false },
})

const nic = (number: number): Nic => ({
  ...{ kind: 'vif', index: 0, network: 'default', mac: `00:16:3e:00:02:0${number}`, capture: captureOf(number) },
  forwards: number === 1 ? [{ protocol: 'tcp', hostPort: 0, guestPort: IPERF_PORT }] : [],
})

let guests: Promise<readonly RunningGuest[] | string> | undefined

/** Two guests with their tools, the first with disks to work on; or why they cannot be had. Booted once for all tests. */
function tools(): Promise<readonly RunningGuest[] | string> {
  guests ??= (async () => {
    const missing = missingProgram(...PROGRAMS, 'mke2fs', 'ldd', 'qemu-img', 'tshark')
    if (missing) return `${missing} is not installed`
    const debian = await debianGuest('cloud')
    if (!debian.ok) return debian.error
    const modules = await kernelModules(debian.value, ['xen-netfront', 'af-packet', 'xen-blkfront'])
    if (!modules.ok) return modules.error
    const programs = path.join(folder, 'programs.img')
    makeProgramsDisk(programs, PROGRAMS)
    execFileSync('qemu-img', ['create', '-q', '-f', 'raw', RAW, '64M'])
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', QCOW2, '64M'])
    const files = {
      ...{ kernel: debian.value.kernel, ramdisk: ramdiskWith(debian.value, modules.value), memoryMiB: 192 },
      commandLine: `${debian.value.commandLine} quiet`,
    }
    const started: RunningGuest[] = []
    for (const number of [1, 2]) {
      const guest = new RunningGuest(machine)
      const work = number === 1 ? [disk('xvdb', RAW, 'raw'), disk('xvdc', QCOW2, 'qcow2')] : []
      await guest.boot(files, number, [disk('xvda', programs, 'raw', true), ...work, nic(number)])
      await guest.expect(new RegExp(DEMO_PROMPT.replace(/[~#$]/g, '\\$&')), 120)
      await guest.run(`${insmods(modules.value)}; sleep 1; ${mountPrograms('xvda')}`)
      await guest.run(`ip link set lo up; ip link set eth0 up; ip addr add ${addressOf(number)}/24 dev eth0`)
      started.push(guest)
    }
    return started
  })()
  return guests
}

async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** The host's iperf3 as a server on its loopback. */
async function iperfServer(): Promise<number> {
  const port = await freePort()
  const server = spawn('iperf3', ['-s', '-B', '127.0.0.1', '-p', String(port), '--forceflush'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  ends.push(() => server.kill())
  await new Promise<void>((resolve, reject) => {
    server.stdout.on('data', (text: Buffer) => text.includes('listening') && resolve())
    server.on('exit', (code) => reject(new Error(`iperf3 ended with ${code}`)))
  })
  return port
}

interface IperfReport {
  readonly error?: string
  readonly end: {
    readonly sum_sent?: { readonly bytes: number }
    readonly sum_received?: { readonly bytes: number }
    readonly sum?: { readonly packets: number; readonly lost_packets: number }
  }
}

/** What `iperf3 -J` printed among other things. */
function iperfReport(printed: string): IperfReport {
  const text = printed.slice(printed.indexOf('{\n'), printed.lastIndexOf('}') + 1)
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`not a report of iperf3: ${printed.slice(0, 2000)}`)
  }
}

/** All was sent, and no error came. */
function sent(printed: string, bytes: number): void {
  const { error, end } = iperfReport(printed)
  expect(error).toBeUndefined()
  // The receiver counts until the sender says it is done, by another connection: what is on its way then it leaves out.
  expect(end.sum_sent?.bytes).toBeGreaterThanOrEqual(bytes)
  expect(end.sum_received?.bytes).toBeGreaterThan(0)
}

/** Frames of a capture that have a wrong checksum or make no sense. */
function badFrames(capture: string): string {
  const sums = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`])
  const filter =
    'ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0 || _ws.malformed'
  return execFileSync('tshark', ['-r', capture, ...sums, '-Y', filter], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

/** Queue depth and block sizes. */
const FIO_JOBS = [
  [16, '512-64k'],
  [1, '4k-4k'],
  [64, '4k-4k'],
  [4, '4k-256k'],
] as const

const sumOf = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

describe('tools in a guest', () => {
  it('ethtool tells the driver and switches its offloads while data flow', { timeout: 900_000 }, async ({ skip }) => {
    const ready = await tools()
    if (typeof ready === 'string') return skip(ready)
    const [guest] = ready
    if (!guest) return
    expect(await guest.run('in_programs ethtool -i eth0')).toMatch(/^driver: vif$/m)
    expect(await guest.run('in_programs ethtool eth0')).toContain('Link detected: yes')
    expect(await guest.run('in_programs ethtool -S eth0')).toContain('rx_gso_checksum_fixup: 0')

    const content = randomBytes(count(256, 4096) * 1024)
    const uploads: string[] = []
    const web = http.createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (data: Buffer) => parts.push(data))
      request.on('end', () => {
        if (request.method === 'POST') uploads.push(sumOf(Buffer.concat(parts)))
        response.end(content)
      })
    })
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    ends.push(() => web.close())
    const address = web.address()
    const url = `http://${GATEWAY}:${typeof address === 'object' ? address?.port : 0}/`
    const port = await iperfServer()
    // BusyBox posts no zero bytes.
    const text = await guest.run(`wget -q -O /tmp/file ${url}; md5sum /tmp/file; base64 /tmp/file >/tmp/text; md5sum /tmp/text`)
    expect(text).toContain(sumOf(content))
    const posted = /^([0-9a-f]{32}) {2}\/tmp\/text$/m.exec(text)?.[1]
    const seconds = count(4, 120)
    await guest.run(
      `(in_programs iperf3 -c ${GATEWAY} -p ${port} --bidir -t ${seconds} -b 8M -J >/tmp/report 2>&1; touch /tmp/done) &\ntrue`,
    )
    const features = async () => {
      const listed = await guest.run('in_programs ethtool -k eth0')
      return ['tcp-segmentation-offload', 'scatter-gather', 'generic-segmentation-offload'].map(
        (name) => new RegExp(`^${name}: (on|off)`, 'm').exec(listed)?.[1],
      )
    }
    // A receiver's own checksum, and an IPv4 sender's, netfront leaves to the backend always.
    expect(await guest.run('in_programs ethtool -k eth0')).toMatch(/tx-checksum-ipv4: on \[fixed\]/)
    let transfers = 0
    for (let round = 0; round < count(1, 6); round++) {
      for (const [change, expected] of [
        ['tso off', ['off', 'on', 'on']],
        ['sg off', ['off', 'off', 'off']],
        ['tx off', ['off', 'off', 'off']],
        ['sg on', ['off', 'on', 'on']],
        ['tx on tso on', ['on', 'on', 'on']],
      ] as const) {
        await guest.run(`in_programs ethtool -K eth0 ${change}`)
        expect(await features(), change).toEqual(expected)
        expect(await guest.run(`wget -q -O - ${url} | md5sum`), change).toContain(sumOf(content))
        await guest.run(`wget -q -O /dev/null --post-file /tmp/text ${url}`)
        expect(uploads.length, change).toBe(++transfers)
      }
    }
    expect(new Set(uploads)).toEqual(new Set([posted]))
    expect(
      iperfReport(await guest.run('until [ -e /tmp/done ]; do sleep 1; done; cat /tmp/report', seconds + 60)).error,
    ).toBeUndefined()
    expect(badFrames(captureOf(1))).toBe('')
    expect(await guest.run("grep -A1 'Tcp:' /proc/net/snmp | awk '{print $NF}'")).toMatch(/InCsumErrors\s+0\s/)
  })

  it('iperf3 sends to the host, from the host and between guests', async ({ skip }) => {
    const ready = await tools()
    if (typeof ready === 'string') return skip(ready)
    const [one, two] = ready
    if (!one || !two) return
    const port = await iperfServer()
    // More than the host's sockets hold: of less the receiver may have counted nothing yet when the sender is done.
    const bytes = count(16, 256) * MIB
    for (const way of ['', '-R']) {
      sent(await one.run(`in_programs iperf3 -c ${GATEWAY} -p ${port} -n ${bytes} -J ${way}`, 300), bytes)
    }
    // Datagrams may be lost when the guest is too slow for them, but not at what it surely manages.
    const datagrams = iperfReport(await one.run(`in_programs iperf3 -c ${GATEWAY} -p ${port} -u -b 2M -t ${count(1, 10)} -J`))
    expect(datagrams.end.sum?.packets).toBeGreaterThan(0)
    expect(datagrams.end.sum?.lost_packets).toBe(0)

    await one.run('in_programs iperf3 -s -D; sleep 1')
    const forwarded = /tcp port (\d+) leads to port 5201/.exec(machine.log.join('\n'))?.[1] ?? ''
    for (const way of [[], ['-R']]) {
      const args = ['-c', '127.0.0.1', '-p', forwarded, '-n', String(bytes), '-J', ...way]
      sent(await outputOf('iperf3', args), bytes)
      sent(await two.run(`in_programs iperf3 -c ${addressOf(1)} -n ${bytes} -J ${way.join(' ')}`, 300), bytes)
    }
    for (const number of [1, 2]) expect(badFrames(captureOf(number))).toBe('')
  }, 900_000)

  it('ping floods gateway and guest, and nothing is lost', { timeout: 600_000 }, async ({ skip }) => {
    const ready = await tools()
    if (typeof ready === 'string') return skip(ready)
    const [, two] = ready
    const packets = count(100, 5000)
    for (const target of [GATEWAY, addressOf(1)]) {
      for (const size of [56, 1400]) {
        // By its path: BusyBox has a ping of its own.
        const printed = await two?.run(`in_programs /usr/bin/ping -f -q -c ${packets} -s ${size} ${target}`, 300)
        expect(printed).toContain(`${packets} packets transmitted, ${packets} received, 0% packet loss`)
      }
    }
  })

  it('fio reads back what it wrote, and so does the host', { timeout: 900_000 }, async ({ skip }) => {
    const ready = await tools()
    if (typeof ready === 'string') return skip(ready)
    const [guest] = ready
    if (!guest) return
    const files = [
      ['xvdb', 'vbd/51728', RAW],
      ['xvdc', 'vbd/51744', QCOW2],
    ] as const
    const jobs = FIO_JOBS.slice(0, count(1, FIO_JOBS.length)).map(([depth, blocks], i) => [
      ...['--name=job', '--rw=randrw', `--bsrange=${blocks}`, `--offset=${i * 16}M`, `--size=${count(1, 16)}M`],
      ...[`--iodepth=${depth}`, '--verify=crc32c', '--verify_fatal=1', '--verify_state_save=0', '--thread'],
    ])
    for (const [dev, key, file] of files) {
      for (const job of jobs) {
        const words = [`--filename=/dev/${dev}`, ...job, '--ioengine=libaio', '--direct=1', '--eta=never', '--output=/tmp/fio']
        const printed = await guest.run(`in_programs fio ${words.join(' ')}; echo status $?; cat /programs-disk/tmp/fio`, 600)
        expect(printed).toMatch(/^status 0$/m)
        expect(printed).toMatch(/err= 0:/)
      }
      // Gone, it is flushed and closed.
      expect(await machine.dom0.call('detachDevice', { handle: guest.handle, key, force: false })).toEqual({
        ok: true,
        value: {},
      })
      let image: string = file
      if (file === QCOW2) {
        execFileSync('qemu-img', ['check', '-q', '-f', 'qcow2', file])
        image = path.join(folder, 'converted.raw')
        execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', file, image])
      }
      for (const job of jobs) await outputOf('fio', [`--filename=${image}`, ...job, '--verify_only'])
    }
    expect(guest.console).not.toMatch(/I\/O error|Kernel panic|BUG:/)
  })
})

/** What a program of the host prints; it must end well. */
function outputOf(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (bytes: Buffer) => {
    printed += bytes.toString()
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => (status === 0 ? resolve(printed) : reject(new Error(`${program}: ${status}: ${printed}`))))
  })
}
