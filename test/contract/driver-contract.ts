// What every hypervisor driver must do alike: the same calls, the same outcomes. A driver's test file calls this with a way
// to make one and a definition that boots. Runs in: vitest, plain Node.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ContractOptions, type ContractSubject, contractScene } from './contract-scene'
import { deviceContract } from './device-contract'
import { imageContract } from './image-contract'
import { lifeContract } from './life-contract'
import { saveContract } from './save-contract'

export function driverContract(name: string, make: (folder: string) => ContractSubject, options: ContractOptions): void {
  describe(`the ${name} driver`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringmaster-contract-'))
    const subject = make(folder)
    const { driver, channels } = subject
    const scene = contractScene(subject, folder, options)

    beforeAll(async () => {
      expect(await driver.open((event) => scene.events.push(event))).toEqual({ ok: true, value: null })
    })
    afterAll(async () => {
      await driver.close()
      await subject.dispose?.()
      rmSync(folder, { recursive: true, force: true })
    })
    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await scene.drop()
    })

    lifeContract(scene)
    saveContract(scene)
    deviceContract(scene)
    imageContract({ images: () => driver.images, folder, timeout: scene.timeout })

    // Last, as it ends the guest that the others share.
    it('is told by the guest that it powered off', { timeout: scene.timeout }, async () => {
      const uuid = await scene.forItself()
      const opened = await driver.openConsole(uuid, undefined)
      if (!opened.ok) throw new Error('no console')
      channels.transport(opened.value).send({ kind: 'input', bytes: new TextEncoder().encode('poweroff\r') })
      await expect.poll(() => scene.stops(uuid).at(-1), { timeout: 20_000 }).toBe('poweroff')
    })
  })
}
