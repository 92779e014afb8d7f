// Domain 0 killed by SIGKILL at random moments of writes to a qcow2 image: every write is answered once, everything answered is in the
// image, and qemu-img finds no error in it (leaked clusters are what a killed writer may leave; the next opening finds them).
import { execFileSync } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import { createImage } from '../../../../src-engine/image/create-image'
import { DATA, DiskScene, MIB, RING } from '../../../support/disk-scene'
import { missingProgram } from '../../../support/programs'
import { randomFrom } from '../../../support/random'
import { count } from '../../../support/tier'

const scenes: DiskScene[] = []
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close()
})

const SIZE = 8 * MIB
const BLOCKS = SIZE / 4096

describe('domain 0 killed in the middle of writes', () => {
  it('leaves an image that holds all that was answered', async () => {
    const random = randomFrom(21)
    const scene = new DiskScene('x86_64-abi', [RING], { format: 'qcow2' }, true)
    scenes.push(scene)
    const created = await createImage(`${scene.image}.qcow2`, { format: 'qcow2', size: SIZE })
    if (!created.ok) throw new Error(created.error.message)
    execFileSync('mv', [`${scene.image}.qcow2`, scene.image])
    expect(await scene.domain()).toBe(undefined)
    await scene.connect()
    const written = new Uint8Array(BLOCKS)
    const check = missingProgram('qemu-img') === undefined
    for (let kill = 0; kill < count(3, 70); kill++) {
      const jobs: Promise<number>[] = []
      // Each block once in a round: two writes to one block may be done in any order.
      const blocks = new Set(Array.from({ length: 150 }, () => random(BLOCKS)))
      let page = 0
      for (const block of blocks) {
        const value = 1 + random(255)
        scene.fill(DATA + page, value)
        jobs.push(scene.front.write(8 * block, [{ page: DATA + page++ }]))
        written[block] = value
        if (random(20) === 0) jobs.push(scene.front.flush())
      }
      await new Promise((resolve) => setTimeout(resolve, random(12)))
      await scene.kill()
      if (check) {
        // 3: leaked clusters only. Anything worse throws.
        try {
          execFileSync('qemu-img', ['check', '-f', 'qcow2', scene.image], { stdio: 'pipe' })
        } catch (error) {
          expect(error).toMatchObject({ status: 3 })
        }
      }
      expect(await scene.domain()).toBe(undefined)
      expect(new Set(await Promise.all(jobs))).toEqual(new Set([0]))
    }
    for (let block = 0; block < BLOCKS; block++) {
      expect(await scene.front.read(8 * block, [{ page: DATA }])).toBe(0)
      const bytes = scene.page(DATA)
      if (!bytes.every((byte) => byte === written[block])) throw new Error(`block ${block}: ${bytes[0]}, not ${written[block]}`)
    }
    expect(scene.front.wrong).toEqual([])
  }, 900_000)
})
