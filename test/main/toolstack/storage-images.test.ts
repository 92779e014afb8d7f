// The Storage page's work on images that qemu-img made, by the image process itself: what it asks about before it opens a file elsewhere,
// and what qemu-img reads afterwards. Runs in: vitest, plain Node, on the bundles in out/main.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { HypervisorDriver } from '../../../src-main/driver/driver'
import { EmbeddedImages } from '../../../src-main/driver/embedded/images'
import { TestDriver } from '../../../src-main/driver/test/test-driver'
import { DEFAULT_POOL as pool } from '../../../src-main/public/storage'
import { NodeChannels, NodeForker } from '../../../src-main/supervisor/node'
import { Supervisor } from '../../../src-main/supervisor/supervisor'
import { NO_QEMU_IMG, qemuCheck, qemuImg, qemuIo } from '../../support/qemu-img'
import { makeToolstack, testCaller } from '../../support/toolstack'

const channels = new NodeChannels()
const bundleFolder = join(__dirname, '../../../out/main')
const supervisor = new Supervisor({ forker: new NodeForker(), channels, bundleFolder })
const folder = mkdtempSync(join(tmpdir(), 'ringmaster-storage-'))
afterAll(() => {
  supervisor.killAll()
  rmSync(folder, { recursive: true, force: true })
})

/** A machine's driver that starts none, with the images of the real one. */
async function scene() {
  const images = { value: new EmbeddedImages(supervisor) }
  const driver: HypervisorDriver = Object.create(new TestDriver(channels, { delayMs: 0 }), { images })
  const made = await makeToolstack({ folder, driver })
  const jobEnds = async (begun: ReturnType<typeof made.servers.volumeRebase>) => {
    const started = await begun
    if (!started.ok) return started.error
    const ended = await made.toolstack.jobs.wait(started.value.job)
    return ended.ok ? 'done' : ended.error
  }
  return { ...made, jobEnds }
}

describe.skipIf(NO_QEMU_IMG !== undefined)(`storage with images of qemu-img ${NO_QEMU_IMG ?? ''}`, () => {
  it('asks for each file elsewhere that the new backing image leads to, and then puts the image on that', async () => {
    const { servers, jobEnds } = await scene()
    const caller = testCaller()
    const at = (name: string) => join(folder, 'disks', name)
    const [base, middle] = [join(folder, 'base.raw'), join(folder, 'middle.qcow2')]
    mkdirSync(at(''), { recursive: true })
    await qemuImg('create', '-f', 'raw', base, '4M')
    await qemuIo(base, ['write -P 0x11 0 4M'], '-f', 'raw')
    await qemuImg('create', '-f', 'qcow2', '-b', base, '-F', 'raw', middle)
    await qemuIo(middle, ['write -P 0x22 1M 1M'])
    await qemuImg('create', '-f', 'qcow2', '-b', middle, '-F', 'qcow2', at('below.qcow2'))
    await qemuImg('create', '-f', 'qcow2', at('disk.qcow2'), '4M')
    await qemuIo(at('disk.qcow2'), ['write -P 0x33 2M 1M'])
    await qemuImg('convert', '-O', 'raw', at('disk.qcow2'), join(folder, 'as-before.raw'))

    const order = { pool, name: 'disk.qcow2', backing: 'below.qcow2' }
    const rebase = (...allowedBacking: string[]) => jobEnds(servers.volumeRebase({ ...order, allowedBacking }, caller))
    const asked = { reason: 'image-refers', values: { image: at('below.qcow2') } }
    expect(await rebase()).toMatchObject({ ...asked, values: { ...asked.values, path: middle } })
    expect(await rebase(middle)).toMatchObject({ ...asked, values: { ...asked.values, path: base } })
    expect(await qemuImg('info', at('disk.qcow2'))).not.toContain('backing file:')
    expect(await rebase(middle, base)).toBe('done')
    expect(await qemuImg('info', at('disk.qcow2'))).toContain('backing file: below.qcow2')
    expect(await qemuCheck(at('disk.qcow2'))).toBe('clean')
    await qemuImg('compare', '-F', 'raw', at('disk.qcow2'), join(folder, 'as-before.raw'))

    // So it is where a new volume is to stand on one.
    const fresh = { pool, name: 'new.qcow2', format: 'qcow2', sizeMiB: 1, backing: 'below.qcow2' } as const
    expect(await jobEnds(servers.volumeCreate(fresh, caller))).toMatchObject(asked)
    expect(await jobEnds(servers.volumeCreate({ ...fresh, allowedBacking: [middle, base] }, caller))).toBe('done')
    await qemuImg('compare', at('new.qcow2'), middle)

    // What stands on the image by way of a file elsewhere cannot be below it.
    await qemuImg('create', '-f', 'qcow2', '-b', at('disk.qcow2'), '-F', 'qcow2', join(folder, 'above.qcow2'))
    await qemuImg('create', '-f', 'qcow2', '-b', join(folder, 'above.qcow2'), '-F', 'qcow2', at('top.qcow2'))
    const files = [join(folder, 'above.qcow2'), at('disk.qcow2'), middle, base]
    const loop = jobEnds(servers.volumeRebase({ ...order, backing: 'top.qcow2', allowedBacking: files }, caller))
    expect(await loop).toMatchObject({ reason: 'image-on-itself' })
  })
})
