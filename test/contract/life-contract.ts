// What every driver must do alike with a domain from its start on: console, pauses, what is seen of its inside, memory and vcpus. Part of the
// contract, on the driver it is about. Runs in: vitest, plain Node.

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { INSPECT_PARTS, inspectReplyShape, vcpuReplyShape } from '../../src-main/public/inspect'
import { type ContractScene, disk, quiet } from './contract-scene'

export function lifeContract(scene: ContractScene): void {
  const { driver, config, folder, events, timeout, options, stops, prompts, answers, atPrompt, share, tags } = scene

  it('starts a domain paused: nothing has run until it is resumed', { timeout }, async () => {
    const uuid = randomUUID()
    expect(await driver.create(uuid, config, true)).toMatchObject({ ok: true, value: { paused: true } })
    const used = (): number[] =>
      events.flatMap((event) =>
        event.kind === 'samples' ? event.samples.flatMap((each) => (each.uuid === uuid ? [each.cpu] : [])) : [],
      )
    await expect.poll(() => used().length, { timeout: 20_000 }).toBeGreaterThan(2)
    expect(Math.max(...used())).toBe(0)
    expect(stops(uuid)).toEqual([])
    expect((await driver.resume(uuid)).ok).toBe(true)
    await prompts(uuid)
    await share(uuid)
    const never = randomUUID()
    expect((await driver.create(never, config, true)).ok).toBe(true)
    expect((await driver.destroy(never)).ok).toBe(true)
    await expect.poll(() => stops(never)).toEqual(['destroyed'])
  })

  it('refuses every call about a domain that does not run', async () => {
    const uuid = randomUUID()
    const answers = [
      await driver.suspend(uuid),
      await driver.resume(uuid),
      await driver.shutdown(uuid),
      await driver.reboot(uuid),
      await driver.destroy(uuid),
      await driver.setMemory(uuid, 64),
      await driver.setVcpus(uuid, 1),
      await driver.rename(uuid, 'nobody'),
      await driver.setSchedulerParameters(uuid, { cpuWeight: 512 }),
      await driver.save(uuid, config, join(folder, 'x'), quiet()),
      await driver.openConsole(uuid, undefined),
      await driver.dmesg(uuid),
      await driver.attachDevice(uuid, disk('xvdb', '')),
      await driver.detachDevice(uuid, 'vbd/51728', true),
      await driver.changeMedium(uuid, 'vbd/51728', { path: '', format: 'raw' }),
      await driver.openScreen(uuid),
      await driver.screenshot(uuid),
      await driver.snapshot(uuid, { path: join(folder, 'x'), disks: [], plain: false, switched: () => {} }, quiet()),
      await driver.consoleText(uuid, 100),
      await driver.inspect(uuid, ['counters']),
      await driver.inspectVcpu(uuid, 0),
      await driver.listenVnc(uuid, undefined),
    ]
    for (const answer of answers) expect(answer).toMatchObject({ ok: false, error: { code: 'NO_DOMAIN' } })
  })

  it('gives a domain a console, pauses and resumes it', { timeout }, async () => {
    const uuid = await atPrompt()
    await answers(uuid, options.type, options.answer)
    expect(await driver.suspend(uuid)).toEqual({ ok: true, value: null })
    expect(await driver.resume(uuid)).toEqual({ ok: true, value: null })
    const paused = events.flatMap((event) => (event.kind === 'paused' && event.uuid === uuid ? [event.paused] : []))
    expect(paused.slice(-2)).toEqual([true, false])
    await answers(uuid, options.type, options.answer)
  })

  it('shows the inside of a domain, a vcpu only while it stands still, and tells of a store that changes', {
    timeout,
  }, async () => {
    const uuid = await atPrompt()
    const seen = await driver.inspect(uuid, [...INSPECT_PARTS])
    if (!seen.ok) throw new Error(seen.error.reason)
    expect(inspectReplyShape.explain(seen.value)).toBeUndefined()
    const { counters = [], ports = [], rings = [] } = seen.value
    expect(counters.find(({ name }) => name === 'event_channel_op')?.total).toBeGreaterThan(0)
    expect(ports.map(({ use }) => use)).toEqual(expect.arrayContaining(['store', 'console']))
    expect(rings.map(({ key }) => key)).toContain('console')
    expect(await driver.inspectVcpu(uuid, 0)).toMatchObject({ ok: false, error: { reason: 'not-paused' } })
    await driver.suspend(uuid)
    const vcpu = await driver.inspectVcpu(uuid, 0)
    if (!vcpu.ok) throw new Error(vcpu.error.reason)
    expect(vcpuReplyShape.explain(vcpu.value)).toBeUndefined()
    expect(vcpu.value.code.length).toBeGreaterThan(0)
    await driver.resume(uuid)
    expect((await driver.watchStore(30)).ok).toBe(true)
    const before = events.length
    expect((await driver.writeStore(`/vm/${uuid}/note`, 'written')).ok).toBe(true)
    await expect.poll(() => events.slice(before).some(({ kind }) => kind === 'storeChanged')).toBe(true)
    const dump = await driver.dumpStore()
    expect(dump.ok && dump.value).toContain(`/vm/${uuid}/note = "written"`)
  })

  it('shows a console opened late what it showed before', { timeout }, async () => {
    const uuid = await atPrompt()
    await prompts(uuid, 0)
  })

  it('tells samples of a running domain', { timeout }, async () => {
    const uuid = await atPrompt()
    const before = events.length
    const sampled = () =>
      events.slice(before).some((event) => event.kind === 'samples' && event.samples.some((sample) => sample.uuid === uuid))
    await expect.poll(sampled).toBe(true)
  })

  it('shows XenStore, with the domains that run in it', { timeout }, async () => {
    const uuid = await atPrompt()
    const dump = await driver.dumpStore()
    expect(dump.ok && dump.value).toContain(`/vm/${uuid}`)
  })

  it('starts a domain with less memory than it may have, and gives it more', { timeout, tags }, async () => {
    const uuid = randomUUID()
    const currentMiB = config.memoryMiB - 64
    expect((await driver.create(uuid, { ...config, currentMiB })).ok).toBe(true)
    const node = async (name: string) => {
      const dump = await driver.dumpStore()
      return dump.ok
        ? [...dump.value.matchAll(new RegExp(`/memory/${name} = "(\\d+)"`, 'g'))].map(([, value]) => Number(value))
        : []
    }
    expect(await node('target')).toContain(currentMiB * 1024)
    const has = () =>
      events
        .flatMap((event) => (event.kind === 'samples' ? event.samples : []))
        .filter((sample) => sample.uuid === uuid)
        .at(-1)?.memoryKiB ?? 0
    // Its balloon driver gives up all but some pages that were never its to count.
    const between = (least: number, most: number) => has() > least * 1024 && has() <= most * 1024
    await expect.poll(() => between(currentMiB - 16, currentMiB + 4), { timeout: options.bootMs }).toBe(true)
    expect(await driver.setMemory(uuid, config.memoryMiB)).toEqual({ ok: true, value: null })
    await expect.poll(() => between(config.memoryMiB - 16, config.memoryMiB), { timeout: options.bootMs }).toBe(true)
    await driver.destroy(uuid)
  })

  const usedVcpus = (uuid: string) =>
    events
      .flatMap((event) => (event.kind === 'samples' ? event.samples : []))
      .filter((sample) => sample.uuid === uuid)
      .at(-1)?.online
  const toldVcpus = async (uuid: string) => {
    const dump = await driver.dumpStore()
    const text = dump.ok ? dump.value : ''
    const domid = new RegExp(`^/local/domain/(\\d+)/vm = "/vm/${uuid}"`, 'm').exec(text)?.[1]
    const nodes = text.matchAll(new RegExp(`^/local/domain/${domid}/cpu/\\d+/availability = "(\\w+)"`, 'gm'))
    return [...nodes].map(([, value]) => value)
  }

  it('starts a domain with fewer vcpus than it may have, and lets it have more', { timeout, tags }, async () => {
    const uuid = randomUUID()
    expect((await driver.create(uuid, { ...config, vcpus: 4, currentVcpus: 2 })).ok).toBe(true)
    expect(await toldVcpus(uuid)).toEqual(['online', 'online', 'offline', 'offline'])
    // The guest brings all up and takes the others off before it has anything to say.
    await prompts(uuid)
    await expect.poll(() => usedVcpus(uuid), { timeout: options.bootMs }).toBe(2)
    expect(await driver.setVcpus(uuid, 3)).toEqual({ ok: true, value: null })
    expect(await toldVcpus(uuid)).toEqual(['online', 'online', 'online', 'offline'])
    expect((await driver.setVcpus(uuid, 5)).ok).toBe(false)
    await driver.destroy(uuid)
  })

  it('has a guest take a vcpu off, and tells how many it uses', { timeout }, async () => {
    const uuid = randomUUID()
    expect((await driver.create(uuid, { ...config, vcpus: 2 })).ok).toBe(true)
    await prompts(uuid)
    const used = () => usedVcpus(uuid)
    const told = () => toldVcpus(uuid)
    await expect.poll(used, { timeout: options.bootMs }).toBe(2)
    expect(await driver.setVcpus(uuid, 1)).toEqual({ ok: true, value: null })
    expect(await told()).toEqual(['online', 'offline'])
    await expect.poll(used, { timeout: options.bootMs }).toBe(1)
    // To take it into use again is udev's part, which this guest has not.
    expect(await driver.setVcpus(uuid, 2)).toEqual({ ok: true, value: null })
    expect(await told()).toEqual(['online', 'online'])
    expect((await driver.setVcpus(uuid, 3)).ok).toBe(false)
    expect(await told()).toEqual(['online', 'online'])
    await driver.destroy(uuid)
  })
}
