// What every driver must do alike with saved domains and snapshots: what is written, what goes on from it, what is refused. Part of the
// contract, on the driver it is about. Runs in: vitest, plain Node.

import { randomUUID } from 'node:crypto'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'
import { err, ok, type Result } from '../../src-engine/public/result'
import { type ErrorReport, errorReport } from '../../src-main/public/error-code'
import { type ContractScene, disk, quiet } from './contract-scene'

export function saveContract(scene: ContractScene): void {
  const { driver, config, folder, timeout, options, stops, answers, copyOf, forItself, share, tags } = scene

  it('saves a domain, ends it, and continues it under the same and under another identifier', { timeout }, async () => {
    const uuid = await forItself()
    await answers(uuid, 'kept=yes-it-is')
    const path = join(folder, 'state.save')
    const seen: number[] = []
    const progress = { report: (fraction: number) => seen.push(fraction), signal: new AbortController().signal }
    expect(await driver.save(uuid, config, path, progress)).toEqual({ ok: true, value: null })
    await expect.poll(() => stops(uuid)).toEqual(['saved'])
    expect(seen.every((fraction, index) => fraction >= 0 && fraction <= 1 && fraction >= (seen[index - 1] ?? 0))).toBe(true)
    expect(readdirSync(folder).filter((file) => file.startsWith('state.save'))).toEqual(['state.save'])
    expect(await driver.readSaved(path)).toMatchObject({ ok: true, value: { uuid, name: config.name } })
    const sibling = copyOf(uuid)
    for (const each of [uuid, sibling]) {
      const named = { ...config, name: each === uuid ? config.name : `${config.name} 2` }
      expect(await driver.restore(each, named, path, quiet())).toMatchObject({
        ok: true,
        value: { savedUuid: uuid, memoryMiB: config.memoryMiB, vcpus: 1 },
      })
    }
    for (const each of [uuid, sibling]) await answers(each, 'echo $kept', 'yes-it-is')
    for (const each of [uuid, sibling]) await driver.destroy(each)

    const abort = new AbortController()
    const stopped = stops(uuid).length
    const cancelled = await driver.restore(uuid, config, path, { report: () => abort.abort(), signal: abort.signal })
    if (!cancelled.ok) {
      expect(cancelled.error.code).toBe('OPERATION_ABORTED')
      expect(await driver.destroy(uuid)).toMatchObject({ ok: false, error: { code: 'NO_DOMAIN' } })
      expect(stops(uuid)).toHaveLength(stopped)
    }
  })

  it('asks before a restored domain runs, and does not run it when told not to', { timeout, tags }, async () => {
    const uuid = await forItself()
    const path = join(folder, 'claimed.save')
    expect(await driver.save(uuid, config, path, quiet())).toEqual({ ok: true, value: null })
    await expect.poll(() => stops(uuid)).toEqual(['saved'])
    const refusal = errorReport('cancelled')
    expect(await driver.restore(uuid, config, path, quiet(), async () => err(refusal))).toEqual(err(refusal))
    expect(await driver.destroy(uuid)).toMatchObject({ ok: false, error: { code: 'NO_DOMAIN' } })
    expect(stops(uuid)).toEqual(['saved'])
    let asked = 0
    const claim = async () => {
      asked++
      return ok(null)
    }
    expect(await driver.restore(uuid, config, path, quiet(), claim)).toMatchObject({ ok: true })
    expect(asked).toBe(1)
    await answers(uuid, options.type, options.answer)
    await share(uuid)
  })

  it('lets a domain go on when its save is cancelled, and leaves no file', { timeout }, async () => {
    const uuid = await forItself()
    const abort = new AbortController()
    const path = join(folder, 'cancelled.save')
    const saving = driver.save(uuid, config, path, { report: () => abort.abort(), signal: abort.signal })
    const saved = await saving
    if (!saved.ok) {
      expect(saved.error.code).toBe('OPERATION_ABORTED')
      expect(readdirSync(folder).filter((file) => file.startsWith('cancelled'))).toEqual([])
      await answers(uuid, options.type, options.answer)
      await share(uuid)
    }
  })

  it('takes a snapshot of a domain that goes on, and continues it beside it', { timeout }, async () => {
    const [below, above] = [join(folder, 'below.raw'), join(folder, 'above.qcow2')]
    expect(await driver.images.create({ path: below, format: 'raw', sizeMiB: 4 })).toEqual({ ok: true, value: null })
    expect(await driver.images.overlay(above, { path: below, format: 'raw' }, [])).toEqual({ ok: true, value: null })
    expect(await driver.images.inspect(above)).toMatchObject({ ok: true, value: { virtualSize: 4 << 20, backing: below } })
    // A name that is a whole path is followed only when it is allowed.
    expect(await driver.images.inspect(above)).toMatchObject({ value: { refused: { path: below, chain: [above] } } })
    expect(await driver.images.inspect(above, [below])).not.toMatchObject({ value: { refused: {} } })
    const alone = { ...config, devices: [{ ...disk('xvdb', above), removable: false, format: 'qcow2' as const }] }
    expect(await driver.create(randomUUID(), alone)).toMatchObject({ ok: false })
    const uuid = await forItself()
    expect(await driver.attachDevice(uuid, { ...disk('xvdb', below), removable: false })).toEqual({ ok: true, value: null })
    await answers(uuid, 'kept=before')
    const sibling = copyOf(uuid)
    const path = join(folder, 'taken.save')
    let switched = 0
    const order = (key: string) => ({
      path,
      disks: [{ key, path: above, format: 'qcow2' as const, allowedBacking: [below] }],
      plain: true,
      switched: () => {
        switched++
      },
    })
    expect((await driver.snapshot(uuid, order('vbd/51744'), quiet())).ok).toBe(false)
    expect(switched).toBe(0)
    expect(readdirSync(folder).filter((file) => file.startsWith('taken'))).toEqual([])
    expect(await driver.snapshot(uuid, order('vbd/51728'), quiet())).toMatchObject({ ok: true })
    expect(switched).toBe(1)
    await answers(uuid, 'kept=after')
    expect(await driver.consoleText(uuid, 1000)).toMatchObject({ ok: true, value: expect.stringContaining('kept=after') })
    const second = join(folder, 'second.qcow2')
    expect(await driver.images.overlay(second, { path: below, format: 'raw' }, [])).toEqual({ ok: true, value: null })
    const beside = { ...config, devices: [{ ...disk('xvdb', second), removable: false, format: 'qcow2' as const }] }
    const allowed = { ...beside, devices: beside.devices.map((one) => ({ ...one, allowedBacking: [below] })) }
    const letGo = driver.expect?.(sibling, allowed)
    const other = randomUUID()
    driver.expect?.(other, allowed)()
    expect(await driver.destroy(other)).toMatchObject({ ok: false, error: { code: 'NO_DOMAIN' } })
    expect(await driver.restore(sibling, allowed, path, quiet())).toMatchObject({ ok: true, value: { savedUuid: uuid } })
    letGo?.() // it is there: nothing to let go of
    await answers(sibling, 'echo $kept', 'before')
    await answers(uuid, 'echo $kept', 'after')
    expect(stops(other)).toEqual([])
    await driver.destroy(sibling)
    expect(await driver.reopenDisks(uuid)).toEqual({ ok: true, value: null })
    await answers(uuid, 'echo $kept', 'after')
    // Merged under the guest, which goes on; refused by who asked, it stays where it is.
    const merge = (claim: () => Promise<Result<null, ErrorReport>>) =>
      driver.mergeDisk(uuid, { key: 'vbd/51728', into: { path: below, format: 'raw' }, claim }, quiet())
    const refusal = errorReport('cancelled')
    expect(await merge(async () => err(refusal))).toEqual({ ok: false, error: refusal })
    expect(await merge(async () => ok(null))).toEqual({ ok: true, value: null })
    rmSync(above)
    await answers(uuid, 'echo $kept', 'after')
    expect((await merge(async () => ok(null))).ok).toBe(false)
    const before = stops(uuid)
    expect(await driver.destroy(uuid)).toEqual({ ok: true, value: null })
    await expect.poll(() => stops(uuid)).toEqual([...before, 'destroyed'])
    expect(await driver.reopenDisks(uuid)).toMatchObject({ error: { reason: 'no-domain' } })
    expect(
      await driver.mergeDisk(
        uuid,
        { key: 'vbd/51728', into: { path: below, format: 'raw' }, claim: async () => ok(null) },
        quiet(),
      ),
    ).toMatchObject({
      error: { reason: 'no-domain' },
    })
    expect(await driver.images.overlay(above, { path: below, format: 'raw' }, [])).toEqual({ ok: true, value: null })
    // What was written above goes below, and the overlay may stand alone.
    expect(await driver.images.commit(above, { path: below, format: 'raw' }, [below], quiet())).toEqual({
      ok: true,
      value: null,
    })
    expect(await driver.images.rebase({ path: second, backing: undefined, allowed: [below] }, quiet())).toEqual({
      ok: true,
      value: null,
    })
    const rebased = await driver.images.inspect(second)
    expect(rebased.ok && rebased.value.backing).toBe(undefined)
    // By its name within the folder, as volumes of a pool stand on each other.
    const named = { path: basename(below), format: 'raw' } as const
    expect(await driver.images.rebase({ path: second, backing: named, allowed: [below] }, quiet())).toEqual({
      ok: true,
      value: null,
    })
    expect(await driver.images.inspect(second)).toMatchObject({ value: { backing: basename(below) } })
  })

  it('refuses to restore a file that is no saved domain, and leaves nothing behind', { timeout }, async () => {
    const path = join(folder, 'garbage.save')
    writeFileSync(path, 'this is no saved domain '.repeat(1000))
    const uuid = randomUUID()
    expect(await driver.readSaved(path)).toMatchObject({ ok: false })
    expect(await driver.restore(uuid, config, path, quiet())).toMatchObject({ ok: false })
    expect(await driver.destroy(uuid)).toMatchObject({ ok: false, error: { code: 'NO_DOMAIN' } })
    expect(stops(uuid)).toEqual([])
  })

  it('says another name of a domain in XenStore, and in the file it is saved to', { timeout }, async () => {
    const uuid = await forItself()
    expect(await driver.rename(uuid, 'Größe 2')).toEqual({ ok: true, value: null })
    const dump = await driver.dumpStore()
    // The store has bytes, and its dump shows them as letters or by number.
    const names = [...(dump.ok ? dump.value : '').matchAll(/^(\/local\/domain\/[1-9]\d*|\/vm\/[-\da-f]+)\/name = "(.*)" /gm)]
    expect(names.filter(([, , name]) => /^Gr.+e 2$/.test(name ?? '')).map(([, at]) => at?.split('/')[1])).toEqual([
      'local',
      'vm',
    ])
    const path = join(folder, 'renamed.save')
    expect((await driver.save(uuid, { ...config, name: 'Größe 2' }, path, quiet())).ok).toBe(true)
    expect(await driver.readSaved(path)).toMatchObject({ ok: true, value: { name: 'Größe 2' } })
  })
}
