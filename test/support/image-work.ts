// Random work on an image with a plain copy of the disk beside it: what the disk must hold at any time.
// Runs in: vitest, plain Node.
import { expect } from 'vitest'
import type { Image } from '../../src-engine/image/image'
import type { Result } from '../../src-engine/public/result'
import { randomFrom } from './random'

export function value<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

/** Bytes that differ by request, so that a stale sector shows. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  const words = new Uint32Array(bytes.buffer)
  let x = (seed * 2654435761) >>> 0 || 1
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    words[i] = x
  }
  return bytes
}

export interface Work {
  readonly requests: number
  readonly seed: number
  /** Largest request, bytes. */
  readonly most: number
  /** Requests in flight. */
  readonly depth?: number
  readonly readEvery?: number
}

/** Writes, discards, zeroes, reads and flushes at random; `mirror` is kept equal. Discarded ranges are read back to learn them. */
export async function randomWork(image: Image, mirror: Uint8Array, work: Work): Promise<void> {
  const random = randomFrom(work.seed)
  const sectors = image.size / 512
  const most = Math.min(Math.floor(work.most / 512), sectors)
  let flying: Promise<void>[] = []
  for (let i = 0; i < work.requests; i++) {
    const length = 512 * (1 + random(most))
    const offset = 512 * random(sectors - length / 512 + 1)
    const dice = random(100) / 100
    if (dice < 0.55) {
      const bytes = pattern(length, work.seed * 1000 + i)
      mirror.set(bytes, offset)
      const half = 512 * Math.floor(length / 1024)
      const views = dice < 0.2 && half > 0 ? [bytes.subarray(0, half), bytes.subarray(half)] : bytes
      flying.push(image.write(offset, views).then(value))
    } else if (dice < 0.65) {
      mirror.fill(0, offset, offset + length)
      flying.push(image.writeZeroes(offset, length, dice < 0.6).then(value))
    } else if (dice < 0.75) {
      flying.push(image.discard(offset, length).then(value))
      // In order behind the discard: now it is what it was or zeroes, sector by sector.
      const bytes = new Uint8Array(length)
      flying.push(image.read(offset, bytes).then(value))
      await Promise.all(flying)
      flying = []
      for (let at = 0; at < length; at += 512) {
        const sector = Buffer.from(bytes.buffer, at, 512)
        if (!sector.equals(mirror.subarray(offset + at, offset + at + 512))) expect(sector.every((b) => b === 0)).toBe(true)
      }
      mirror.set(bytes, offset)
    } else if (dice < 0.95) {
      const wanted = Uint8Array.from(mirror.subarray(offset, offset + length))
      const bytes = new Uint8Array(length)
      const label = `read ${i} at ${offset}`
      flying.push(
        image.read(offset, bytes).then((done) => {
          value(done)
          if (!Buffer.from(bytes.buffer).equals(wanted)) throw new Error(`${label} differs`)
        }),
      )
    } else flying.push(image.flush().then(value))
    if (flying.length >= (work.depth ?? 8)) {
      await Promise.all(flying)
      flying = []
    }
  }
  await Promise.all(flying)
}

export async function readAll(image: Image): Promise<Buffer> {
  const bytes = Buffer.alloc(image.size)
  const chunk = 1024 * 1024
  for (let at = 0; at < image.size; at += chunk)
    value(await image.read(at, bytes.subarray(at, Math.min(at + chunk, image.size))))
  return bytes
}
