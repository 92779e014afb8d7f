// What an idle Debian of 256 MiB costs: memory of its process beside the guest's own, and processor time over a minute; and what one of
// 512 MiB costs at most while it works. The figures are printed; the limits are those of issues 2 and 4.
// Runs in: vitest, plain Node, long tier, on the bundles in out/main. Linux only: it reads /proc.
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { ramBase } from '../../src-engine/isa/state-layout'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { debianGuest } from '../support/debian-guest'
import { debianSystem, ownImage, scriptDisk, scriptWords } from '../support/debian-system'
import { delay, good, Supervised } from '../support/supervised'

const MIB = 1024 * 1024
const MEMORY_MIB = 256
const IDLE_SECONDS = 60
const TICKS = 100

const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-footprint-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Where the domain's memory is mapped: the writable mapping that is large enough for the engine's part and the guest's RAM. */
function engineMemory(pid: number, memoryMiB: number): number {
  const wanted = ramBase(1) + memoryMiB * MIB
  for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
    const [, from = '0', to = '0', rights = ''] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? []
    const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)]
    if (rights.startsWith('rw') && end - start >= wanted) return start
  }
  throw new Error('the memory of the domain is not mapped in one piece')
}

/** Resident bytes of a range, by the page map. */
function residentBytes(pid: number, start: number, length: number): number {
  const entries = Buffer.alloc((length / 4096) * 8)
  const map = openSync(`/proc/${pid}/pagemap`, 'r')
  const read = readSync(map, entries, 0, entries.length, (start / 4096) * 8)
  closeSync(map)
  expect(read).toBe(entries.length)
  let resident = 0
  for (let at = 7; at < entries.length; at += 8) if ((entries[at] ?? 0) & 0x80) resident += 4096
  return resident
}

function pssBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1]) * 1024
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const parts = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(parts[11]) + Number(parts[12])) / TICKS
}

it.skipIf(process.platform !== 'linux')(
  'an idle Debian of 256 MiB costs little',
  async ({ skip }) => {
    const files = await debianGuest('cloud')
    if (!files.ok) return skip(files.error)
    const { kernel, ramdisk, commandLine } = files.value
    const machine = new Supervised(path.join(folder, 'machine'))
    await machine.open()
    try {
      const { domains } = machine.toolstack
      const config = {
        name: 'idle',
        memoryMiB: MEMORY_MIB,
        vcpus: 1,
        kernel,
        ramdisk,
        cmdline: `${commandLine} quiet`,
        devices: [],
      }
      const uuid = good(await domains.define(config))
      good(await domains.create(uuid, false))
      await machine.console(uuid, (text) => text.includes(DEMO_PROMPT), 240)
      await delay(5000)
      const pid = machine.pidOf(uuid) ?? -1
      const domain0 = machine.pids('dom0')[0] ?? -1
      const before = [cpuSeconds(pid), cpuSeconds(domain0), cpuSeconds(process.pid)]
      await delay(IDLE_SECONDS * 1000)
      const used = [pid, domain0, process.pid].map((each, at) => (100 * (cpuSeconds(each) - (before[at] ?? 0))) / IDLE_SECONDS)
      const guest = residentBytes(pid, engineMemory(pid, MEMORY_MIB) + ramBase(1), MEMORY_MIB * MIB)
      const pss = pssBytes(pid)
      const [own = 100, domain0Share = 0, mainShare = 0] = used
      const besides = (pss - guest) / MIB
      console.log(
        `idle Debian, ${MEMORY_MIB} MiB: PSS ${(pss / MIB).toFixed(1)} MiB, guest RAM resident ${(guest / MIB).toFixed(1)} MiB, ` +
          `besides ${besides.toFixed(1)} MiB; CPU over ${IDLE_SECONDS} s: its process ${own.toFixed(2)} %, ` +
          `domain 0 ${domain0Share.toFixed(2)} %, main ${mainShare.toFixed(2)} %`,
      )
      expect(besides).toBeLessThanOrEqual(150)
      expect(own).toBeLessThanOrEqual(3)
    } finally {
      await machine.close()
    }
  },
  420_000,
)

const WORK = `mount -t proc proc /proc; mount -t tmpfs tmpfs /tmp; export LC_ALL=C
awk 'BEGIN { for (i = 0; i < 60000; i++) print i * 7919 % 60013, "line", i * 31 % 1009 }' >/tmp/text
for pass in 1 2 3; do
  sha256sum /tmp/text; gzip -c /tmp/text | gunzip | sort | md5sum; sort -n /tmp/text | tail -n 1; python3 -c 'print(sum(range(300000)))'
  i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i+1)); done; dpkg -l | wc -l; find / -xdev | awk '{ n += length }; END { print n }'
done
echo 'work is d''one'; sleep 10000`

it.skipIf(process.platform !== 'linux')(
  'a Debian of 512 MiB that works costs less than 400 MiB beside its memory',
  async ({ skip }) => {
    const system = debianSystem()
    if (!system.ok) return skip(system.error)
    const { kernel, ramdisk } = system.value
    const memoryMiB = 512
    const machine = new Supervised(path.join(folder, 'working'))
    await machine.open()
    try {
      const disk = (dev: string, file: string, readonly: boolean) =>
        ({ kind: 'vbd', dev, path: file, format: 'raw', readonly, removable: false }) as const
      const devices = [
        disk('xvda', ownImage(system.value, path.join(folder, 'root.img')), false),
        disk('xvdb', scriptDisk(path.join(folder, 'script.img'), WORK), true),
      ]
      const cmdline = `console=hvc0 quiet cryptomgr.notests ${scriptWords('xvd')}`
      const config = { name: 'works', memoryMiB, vcpus: 1, kernel, ramdisk, cmdline, devices }
      const uuid = good(await machine.toolstack.domains.define(config))
      good(await machine.toolstack.domains.create(uuid, false))
      let done = false
      const working = machine
        .console(uuid, (text) => text.includes('work is done'), 1500)
        .finally(() => {
          done = true
        })
      const pid = machine.pidOf(uuid) ?? -1
      let [most, looks] = [0, 0]
      while (!done) {
        const guest = residentBytes(pid, engineMemory(pid, memoryMiB) + ramBase(1), memoryMiB * MIB)
        most = Math.max(most, (pssBytes(pid) - guest) / MIB)
        looks++
        await Promise.race([working, delay(2000)])
      }
      await working
      console.log(`working Debian, ${memoryMiB} MiB: PSS besides guest RAM at most ${most.toFixed(1)} MiB of ${looks} looks`)
      expect(looks).toBeGreaterThan(2)
      expect(most).toBeLessThan(400)
    } finally {
      await machine.close()
    }
  },
  1_600_000,
)
