// Disk throughput without a guest's processor: a synthetic block frontend and its pump in this process, domain 0 as a process of its
// own, a raw image in the page cache. What ring, link, bounce file, service and file system can carry.
// Runs in: plain Node, on the bundles in out/main.
import type { ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { PUMP_MAKERS } from '../../src-engine/backend/pumps'
import { BLKIF_OP } from '../../src-engine/public/xen/io/blkif'
import { BlkFrontend, type BlkSegment } from '../support/blk-frontend'
import { TestGuest } from '../support/guest-rings'
import { plainGuest } from '../support/plain-guest'
import { randomFrom } from '../support/random'
import { handleOf } from '../support/xenstore-script'
import { forkDomain0, join } from './own-domain0'

const MIB = 1024 * 1024
const IMAGE_MIB = 256
const PORT = 7
const RING = 8
const DATA = 64
const QUEUE = 8
const PAGES = DATA + QUEUE * 257 + 64

/** What one workload does: requests in flight, bytes of each, where. */
interface Workload {
  readonly name: string
  readonly operation: number
  readonly pages: number
  readonly depth: number
  readonly seconds: number
  readonly random: boolean
  readonly ringPages: number
}

const READ = BLKIF_OP.BLKIF_OP_READ
const WRITE = BLKIF_OP.BLKIF_OP_WRITE
const WORKLOADS: readonly Workload[] = [
  {
    name: 'read, 1 MiB in order, 8 queued',
    operation: READ,
    pages: 256,
    depth: QUEUE,
    seconds: 2,
    random: false,
    ringPages: 1,
  },
  {
    name: 'write, 1 MiB in order, 8 queued',
    operation: WRITE,
    pages: 256,
    depth: QUEUE,
    seconds: 2,
    random: false,
    ringPages: 1,
  },
  {
    name: 'read, 128 KiB in order, 8 queued',
    operation: READ,
    pages: 32,
    depth: QUEUE,
    seconds: 2,
    random: false,
    ringPages: 1,
  },
  { name: 'read, 4 KiB at random, 32 queued', operation: READ, pages: 1, depth: 32, seconds: 2, random: true, ringPages: 1 },
  { name: 'write, 4 KiB at random, 32 queued', operation: WRITE, pages: 1, depth: 32, seconds: 2, random: true, ringPages: 1 },
  { name: 'read, 4 KiB at random, 128 queued', operation: READ, pages: 1, depth: 128, seconds: 2, random: true, ringPages: 4 },
  { name: 'read, 4 KiB at random, 1 queued', operation: READ, pages: 1, depth: 1, seconds: 2, random: true, ringPages: 1 },
]

export interface SyntheticResult {
  readonly name: string
  readonly requestsPerSecond: number
  readonly bytesPerSecond: number
  /** Microseconds of processor time a request in this process (frontend and pump) and in domain 0: what a busy machine cannot hide. */
  readonly frontMicroseconds: number
  readonly domain0Microseconds: number
}

export async function benchSynthetic(): Promise<SyntheticResult[]> {
  const results: SyntheticResult[] = []
  for (const workload of WORKLOADS) results.push(await run(workload))
  return results
}

async function run(workload: Workload): Promise<SyntheticResult> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-io-'))
  let child: ChildProcess | undefined
  try {
    const image = path.join(folder, 'disk.raw')
    const file = fs.openSync(image, 'w')
    for (let i = 0; i < IMAGE_MIB; i++) fs.writeSync(file, Buffer.alloc(MIB, i + 1))
    fs.closeSync(file)
    child = forkDomain0()
    const { front } = await connect(child, folder, image, workload)
    return await measure(front, workload, child.pid ?? 0)
  } finally {
    child?.kill('SIGKILL')
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

async function connect(child: ChildProcess, folder: string, image: string, { ringPages }: Workload) {
  const memory = new SharedArrayBuffer(PAGES * 4096)
  const plain = plainGuest(memory)
  const guest = new TestGuest(handleOf(1), memory, undefined, plain, PUMP_MAKERS)
  const front = new BlkFrontend(
    plain,
    Array.from({ length: ringPages }, (_, i) => RING + i),
  )
  let scheduled = false
  front.ring = () => {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      guest.devices.signal(PORT)
    })
  }
  plain.onEvent = () => front.event()
  const device = { kind: 'vbd', dev: 'xvda', path: image, format: 'raw', readonly: false, removable: false } as const
  await join(child, folder, guest, { device, key: 'vbd/51712', keys: front.keys(PORT), state: 3 })
  return { front, guest }
}

/** Processor time of a process in microseconds, its threads included; 0 where /proc does not tell. */
function cpuTime(pid: number): number {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number)
    return ((user ?? 0) + (system ?? 0)) * 10_000
  } catch {
    return 0
  }
}

async function measure(front: BlkFrontend, workload: Workload, domain0: number): Promise<SyntheticResult> {
  const { name, operation, pages, depth, seconds, random, ringPages } = workload
  const choose = randomFrom(7)
  const places = (IMAGE_MIB * 256) / pages
  let place = 0
  let done = 0
  const cpu = { front: cpuTime(process.pid), domain0: cpuTime(domain0) }
  const start = performance.now()
  const end = start + seconds * 1000
  const worker = async (number: number): Promise<void> => {
    const first = DATA + (pages > 1 ? number * 257 : RING * ringPages + number)
    const list: BlkSegment[] = Array.from({ length: pages }, (_, i) => ({ page: first + (pages > 1 ? 1 : 0) + i }))
    while (performance.now() < end) {
      const sector = 8 * pages * (random ? choose(places) : place++ % places)
      const status = await (pages > 11
        ? front.indirect(operation, sector, first, list)
        : front.request(operation, sector, list))
      if (status !== 0) throw new Error(`a request failed with ${status}`)
      done++
    }
  }
  await Promise.all(Array.from({ length: depth }, (_, number) => worker(number)))
  const taken = (performance.now() - start) / 1000
  return {
    name,
    requestsPerSecond: done / taken,
    bytesPerSecond: (done * pages * 4096) / taken,
    frontMicroseconds: (cpuTime(process.pid) - cpu.front) / done,
    domain0Microseconds: (cpuTime(domain0) - cpu.domain0) / done,
  }
}
