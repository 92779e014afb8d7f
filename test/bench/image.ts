// Disk images: sequential megabytes and random 4 KiB, read and written, through our code and through qemu-io, on files alike:
// raw, qcow2 with clusters mapped, and qcow2 that grows. The host's page cache serves both; each write run ends with a flush.
// qemu-io takes 16 requests in flight like we do (aio_read, aio_write). Its start, measured alone, is taken off.
// Runs in: plain Node.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createImage } from '../../src-engine/image/create-image'
import type { Image } from '../../src-engine/image/image'
import { openImage } from '../../src-engine/image/open'
import { NO_QEMU_IMG } from '../support/qemu-img'
import { randomFrom } from '../support/random'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'

const MiB = 1024 * 1024
const SIZE = 256 * MiB
const DEPTH = 16

interface Load {
  readonly name: string
  readonly write: boolean
  readonly size: number
  readonly count: number
  readonly random: boolean
}

const LOADS: readonly Load[] = [
  { name: 'write 1M in order', write: true, size: MiB, count: 256, random: false },
  { name: 'read 1M in order', write: false, size: MiB, count: 256, random: false },
  { name: 'write 4K at random', write: true, size: 4096, count: 8192, random: true },
  { name: 'read 4K at random', write: false, size: 4096, count: 8192, random: true },
]

const KINDS = [
  { name: 'raw', format: 'raw', fresh: false },
  { name: 'qcow2', format: 'qcow2', fresh: false },
  { name: 'qcow2, growing', format: 'qcow2', fresh: true },
] as const

export async function benchImage({ runs }: BenchOptions): Promise<BenchReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ringmaster-bench-'))
  try {
    const rows: { kind: string; load: string; ours: number; qemu: number | null }[] = []
    for (const kind of KINDS) {
      for (const load of LOADS.filter(({ write }) => write || !kind.fresh)) {
        const ours: number[] = []
        const qemu: number[] = []
        for (let run = 0; run < runs; run++) {
          const file = path.join(folder, `${run}.${kind.format}`)
          await prepare(file, kind.format, !kind.fresh)
          ours.push(await runOurs(file, kind.format, offsets(load, run)))
          await prepare(file, kind.format, !kind.fresh)
          if (NO_QEMU_IMG === undefined) qemu.push(runQemu(file, kind.format, offsets(load, run)))
        }
        rows.push({ kind: kind.name, load: load.name, ours: median(ours), qemu: qemu.length > 0 ? median(qemu) : null })
      }
    }
    const cells = rows.map(({ kind, load, ours, qemu }) => {
      const rate = (seconds: number) => rateOf(load, seconds)
      return [`${kind}: ${load}`, rate(ours), qemu === null ? '-' : rate(qemu), qemu === null ? '-' : (qemu / ours).toFixed(2)]
    })
    const text = [
      `disk images of ${SIZE / MiB} MiB, ${DEPTH} requests in flight, medians of ${runs}${NO_QEMU_IMG ? `; ${NO_QEMU_IMG}` : ''}`,
      table([['', 'ours', 'qemu-io', 'ours / qemu-io'], ...cells]),
    ].join('\n')
    return { text, json: { bench: 'image', size: SIZE, depth: DEPTH, rows } }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function rateOf(name: string, seconds: number): string {
  const load = LOADS.find((one) => one.name === name)
  if (!load) return ''
  if (load.random) return `${Math.round(load.count / seconds)}/s`
  return `${Math.round((load.count * load.size) / MiB / seconds)} MiB/s`
}

interface Requests extends Load {
  readonly offsets: readonly number[]
}

function offsets(load: Load, seed: number): Requests {
  const random = randomFrom(seed + 1)
  const slots = SIZE / load.size
  return {
    ...load,
    offsets: Array.from({ length: load.count }, (_, i) => load.size * (load.random ? random(slots) : i % slots)),
  }
}

async function prepare(file: string, format: 'raw' | 'qcow2', full: boolean): Promise<void> {
  rmSync(file, { force: true })
  must(await createImage(file, { format, size: SIZE }))
  if (!full) return
  const image = must(await openImage(file, { format, readonly: false }))
  const bytes = new Uint8Array(MiB).fill(7)
  for (let at = 0; at < SIZE; at += MiB) must(await image.write(at, bytes))
  must(await image.close())
}

async function runOurs(file: string, format: 'raw' | 'qcow2', requests: Requests): Promise<number> {
  const image: Image = must(await openImage(file, { format, readonly: false }))
  const start = performance.now()
  let next = 0
  const worker = async () => {
    const bytes = new Uint8Array(requests.size).fill(3)
    for (let i = next++; i < requests.offsets.length; i = next++) {
      const offset = requests.offsets[i] ?? 0
      must(await (requests.write ? image.write(offset, bytes) : image.read(offset, bytes)))
    }
  }
  await Promise.all(Array.from({ length: DEPTH }, worker))
  if (requests.write) must(await image.flush())
  const seconds = (performance.now() - start) / 1000
  must(await image.close())
  return seconds
}

function runQemu(file: string, format: string, requests: Requests): number {
  const verb = requests.write ? 'aio_write -P 3' : 'aio_read'
  const lines: string[] = []
  requests.offsets.forEach((offset, i) => {
    lines.push(`${verb} -q ${offset} ${requests.size}`)
    if (i % DEPTH === DEPTH - 1) lines.push('aio_flush')
  })
  if (requests.write) lines.push('flush')
  const time = (input: string) => {
    const start = performance.now()
    const done = spawnSync('qemu-io', ['-f', format, '-t', 'writeback', file], { input, maxBuffer: 256 * MiB })
    if (done.status !== 0) throw new Error(`qemu-io: ${done.stderr}`)
    return (performance.now() - start) / 1000
  }
  const idle = time('quit\n')
  return Math.max(time(`${lines.join('\n')}\nquit\n`) - idle, 0.000_001)
}

function must<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: { message: string } },
): T {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}
