// Damaged images: bits flipped and bytes replaced in headers and tables, files cut short. Each is opened, read, written where
// that is possible, checked: a clear error or data, never a hang, an exception, a large allocation or a file outside.
// The images are made by ourselves, so this runs everywhere. Runs in: vitest, plain Node.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkImage } from '../../../src-engine/image/check-image'
import { createImage } from '../../../src-engine/image/create-image'
import { IMAGE_ERRORS, type ImageResult } from '../../../src-engine/image/error'
import type { OpenFile } from '../../../src-engine/image/file'
import type { OpenOptions } from '../../../src-engine/image/image'
import { openNodeFile } from '../../../src-engine/image/node-file'
import { openImage } from '../../../src-engine/image/open'
import { pattern, value } from '../../support/image-work'
import { scratch } from '../../support/qemu-img'
import { randomFrom } from '../../support/random'
import { count } from '../../support/tier'
import { unpackVectors } from './vectors'

const place = scratch()
afterAll(place.remove)

const CODES = new Set<string>(IMAGE_ERRORS.map(([code]) => code))

interface Victim {
  readonly file: string
  readonly format: OpenOptions['format']
}
const victims: Victim[] = []

beforeAll(async () => {
  mkdirSync(place.file('victims'))
  for (const { file, format } of unpackVectors(place.file('victims'))) if (format !== 'raw') victims.push({ file, format })
  const own = place.file('victims/own.qcow2')
  value(await createImage(own, { format: 'qcow2', size: 2 * 1024 * 1024, clusterSize: 4096, refcountBits: 8 }))
  const image = value(await openImage(own, { format: 'qcow2', readonly: false }))
  for (let i = 0; i < 30; i++) value(await image.write(i * 65536, pattern(8192, i)))
  value(await image.close())
  victims.push({ file: own, format: 'qcow2' })
})

/** An error is one of ours, one sentence, and not long. */
function judge(result: ImageResult<unknown>): void {
  if (result.ok) return
  expect(CODES.has(result.error.code)).toBe(true)
  expect(result.error.message).toMatch(/^[^\n]{5,600}\.$/)
}

function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  const changed = Buffer.from(bytes)
  // Headers and tables are where the first bytes are, and where there are few zeroes between many.
  const spot = () => {
    const kind = random(3)
    return kind === 0
      ? random(Math.min(128, bytes.length))
      : kind === 1
        ? random(Math.min(4096, bytes.length))
        : random(bytes.length)
  }
  for (let i = 0; i <= random(4); i++) {
    const at = spot()
    const what = random(5)
    if (what === 0) changed[at] = (changed[at] ?? 0) ^ (1 << random(8))
    else if (what === 1) changed[at] = random(256)
    else if (what === 2) changed.fill(0xff, at, Math.min(at + 1 + random(8), bytes.length))
    else if (what === 3) changed.fill(0, at, Math.min(at + 1 + random(8), bytes.length))
    else {
      const from = random(bytes.length)
      bytes.copy(changed, at, from, Math.min(from + 8, bytes.length))
    }
  }
  return random(6) === 0 ? changed.subarray(0, random(changed.length + 1)) : changed
}

it('damaged images give errors or data', { timeout: 3_600_000 }, async () => {
  const random = randomFrom(20)
  const folder = place.file('damaged')
  mkdirSync(folder)
  for (const name of readdirSync(place.file('victims'))) copyFileSync(place.file(`victims/${name}`), path.join(folder, name))
  const opened = new Set<string>()
  const watching: OpenFile = (file, mode) => {
    opened.add(file)
    return openNodeFile(file, mode)
  }
  const started = process.memoryUsage().rss
  let most = 0
  for (let i = 0; i < count(100, 10_000); i++) {
    const victim = victims[random(victims.length)]
    if (!victim) throw new Error('no victims')
    const file = path.join(folder, path.basename(victim.file))
    const whole = readFileSync(victim.file)
    writeFileSync(file, mutate(whole, random))
    await exercise(file, victim.format, watching, random)
    writeFileSync(file, whole)
    most = Math.max(most, process.memoryUsage().rss - started)
  }
  const outside = [...opened].filter((file) => path.dirname(file) !== folder)
  expect(outside).toEqual([])
  // Tables are at most some tens of megabytes; nothing is allocated by a header's word alone.
  expect(most).toBeLessThan(1024 * 1024 * 1024)
})

async function exercise(
  file: string,
  format: OpenOptions['format'],
  openFile: OpenFile,
  random: (below: number) => number,
): Promise<void> {
  for (const readonly of format === 'qcow2' ? [true, false] : [true]) {
    const result = await openImage(file, { format, readonly }, openFile)
    judge(result)
    if (!result.ok) continue
    const image = result.value
    const bytes = new Uint8Array(65536)
    for (let k = 0; k < 6 && image.size >= bytes.length; k++) {
      const offset = 512 * random(Math.min(image.size - bytes.length, 2 ** 31) / 512 + 1)
      judge(await image.read(offset, bytes))
      const lease = await image.extents(offset, bytes.length, 'read')
      judge(lease)
      if (lease.ok) lease.value.release()
      judge(await image.allocation(offset, bytes.length))
      if (readonly) continue
      judge(await image.write(offset, bytes.subarray(0, 512 * (1 + random(64)))))
      judge(await image.discard(offset, bytes.length))
      judge(await image.writeZeroes(offset, bytes.length))
      if (k === 0) judge(await image.flush())
    }
    judge(await image.close())
  }
  if (format === 'qcow2') {
    judge(await checkImage(file, 'qcow2'))
    judge(await checkImage(file, 'qcow2', 'all'))
  }
}
