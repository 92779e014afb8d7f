// What every hypervisor driver must do alike: the same calls, the same outcomes. A driver's test file calls this with a way
// to make one and a definition that boots. Runs in: vitest, plain Node.

import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { DriverEvent, HypervisorDriver, Progress } from '../../src-main/driver/driver'
import type { ChannelFactory } from '../../src-main/lib/channel'
import { DEFAULT_NETWORK, type Disk, type Nic } from '../../src-main/public/device'
import { type ErrorReport, errorReport } from '../../src-main/public/error-code'
import { INSPECT_PARTS, inspectReplyShape, vcpuReplyShape } from '../../src-main/public/inspect'
import { CONSOLE_TO_WINDOW } from '../../src-main/public/stream'
import type { DomainConfig } from '../../src-main/public/types'
import { imageContract } from './image-contract'

export interface ContractSubject {
  readonly driver: HypervisorDriver
  readonly channels: ChannelFactory
  /** Ends what the subject made itself. */
  dispose?(): Promise<void>
}

export interface ContractOptions {
  /** A definition that boots to a console which answers. */
  config(folder: string): DomainConfig
  /** Text the console shows once it can be typed at, a line to type, and what comes back then. */
  readonly prompt: string
  readonly type: string
  readonly answer: string
  readonly bootMs: number
}

const disk = (dev: string, path: string): Disk => {
  return { kind: 'vbd', dev, path, format: 'raw', readonly: path === '', removable: true }
}

const quiet = (): Progress => ({ report: () => {}, signal: new AbortController().signal })

export function driverContract(name: string, make: (folder: string) => ContractSubject, options: ContractOptions): void {
  describe(`the ${name} driver`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringmaster-contract-'))
    const events: DriverEvent[] = []
    let subject: ContractSubject
    let driver: HypervisorDriver
    const config = options.config(folder)
    const timeout = options.bootMs + 30_000

    beforeAll(async () => {
      subject = make(folder)
      driver = subject.driver
      expect(await driver.open((event) => events.push(event))).toEqual({ ok: true, value: null })
    })
    afterAll(async () => {
      await driver.close()
      await subject.dispose?.()
      rmSync(folder, { recursive: true, force: true })
    })

    const stops = (uuid: string) =>
      events.flatMap((event) => (event.kind === 'stopped' && event.uuid === uuid ? [event.how] : []))
    const started = async (uuid: string = randomUUID()): Promise<string> => {
      expect(await driver.create(uuid, config)).toMatchObject({ ok: true, value: { paused: false } })
      return uuid
    }
    /** How far each console has been read. */
    const read = new Map<string, number>()
    /** Types, and reads the console on from where it was read last until that is enough. */
    const converse = async (
      uuid: string,
      typed: string,
      enough: (text: string) => boolean,
      from = read.get(uuid),
    ): Promise<void> => {
      const opened = await driver.openConsole(uuid, from)
      if (!opened.ok) throw new Error(`no console: ${opened.error.reason}`)
      const transport = subject.channels.transport(opened.value)
      const decoder = new TextDecoder()
      let text = ''
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${typed}: not enough: ${text.slice(-400)}`)), options.bootMs)
        transport.onMessage((message) => {
          if (!CONSOLE_TO_WINDOW.output.is(message)) return
          text += decoder.decode(message.bytes, { stream: true })
          const offset = message.offset + message.bytes.length
          read.set(uuid, offset)
          transport.send({ kind: 'ack', offset })
          if (!enough(text)) return
          clearTimeout(timer)
          resolve()
        })
        if (typed !== '') transport.send({ kind: 'input', bytes: new TextEncoder().encode(typed) })
      })
      transport.close()
    }
    /** The identifier of a copy that is made of this domain as it is now; its console begins with what the domain has shown. */
    const copyOf = (uuid: string): string => {
      const copy = randomUUID()
      read.set(copy, read.get(uuid) ?? 0)
      return copy
    }
    /** Waits for the prompt; `from` 0 reads what was shown before too. */
    const prompts = (uuid: string, from?: number) => converse(uuid, '', (text) => text.includes(options.prompt), from)
    /** Types a line at the prompt and waits until the answer, which may be the line itself, and the next prompt have come. */
    const answers = (uuid: string, line: string, answer = line) =>
      converse(uuid, `${line}\r`, (text) => text.includes(answer) && text.lastIndexOf(options.prompt) > text.indexOf(answer))

    /** A guest for all tests that need no boot of their own: it stands at its prompt and runs on; boots where there is none. */
    let common: string | undefined
    const atPrompt = async (): Promise<string> => {
      if (common !== undefined) return common
      const uuid = await started()
      await prompts(uuid)
      common = uuid
      return uuid
    }
    /** The same for a test that ends it. */
    const forItself = async (): Promise<string> => {
      const uuid = await atPrompt()
      common = undefined
      return uuid
    }
    afterEach(async ({ task }) => {
      if (task.result?.state !== 'fail' || common === undefined) return
      // Nobody knows how it was left.
      await driver.destroy(await forItself())
    })

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
      common = uuid
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
      await expect.poll(sampled, { timeout: 10_000 }).toBe(true)
    })

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

    it('asks before a restored domain runs, and does not run it when told not to', { timeout }, async () => {
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
      common = uuid
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
        common = uuid
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
      const uuid = randomUUID()
      const devices = [{ ...disk('xvdb', below), removable: false }]
      expect(await driver.create(uuid, { ...config, devices })).toMatchObject({ ok: true })
      await prompts(uuid)
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
      expect(await driver.destroy(uuid)).toEqual({ ok: true, value: null })
      await expect.poll(() => stops(uuid)).toEqual(['destroyed'])
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

    it('knows the networks it is told, and their leases', async () => {
      expect((await driver.setNetworks([DEFAULT_NETWORK])).ok).toBe(true)
      expect(await driver.leases(DEFAULT_NETWORK.name)).toEqual({ ok: true, value: [] })
    })

    it('shows XenStore, with the domains that run in it', { timeout }, async () => {
      const uuid = await atPrompt()
      const dump = await driver.dumpStore()
      expect(dump.ok && dump.value).toContain(`/vm/${uuid}`)
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

    it('attaches, changes and detaches a disk while the domain runs', { timeout }, async (context) => {
      if (!driver.limits.devices.includes('vbd')) return context.skip()
      const [first, second] = [join(folder, 'first.raw'), join(folder, 'second.raw')]
      for (const path of [first, second]) {
        expect(await driver.images.create({ path, format: 'raw', sizeMiB: 4 })).toEqual({ ok: true, value: null })
      }
      expect(await driver.images.create({ path: first, format: 'raw', sizeMiB: 4 })).toMatchObject({
        ok: false,
        error: { reason: 'file-exists' },
      })
      expect(await driver.images.inspect(first)).toMatchObject({ ok: true, value: { format: 'raw', virtualSize: 4 << 20 } })
      const uuid = await atPrompt()
      expect(await driver.attachDevice(uuid, disk('xvdb', first))).toEqual({ ok: true, value: null })
      expect((await driver.attachDevice(uuid, disk('xvdb', second))).ok).toBe(false)
      expect(await driver.changeMedium(uuid, 'vbd/51728', { path: second, format: 'raw' })).toEqual({ ok: true, value: null })
      const counted = () =>
        events.some((event) => {
          if (event.kind !== 'samples') return false
          return event.samples.some((sample) => sample.uuid === uuid && sample.devices.some(({ key }) => key === 'vbd/51728'))
        })
      await expect.poll(counted, { timeout: 15_000 }).toBe(true)
      expect(await driver.detachDevice(uuid, 'vbd/51728', false)).toEqual({ ok: true, value: null })
      expect((await driver.detachDevice(uuid, 'vbd/51728', false)).ok).toBe(false)
      const nic = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] } as const
      expect(await driver.attachDevice(uuid, nic)).toEqual({ ok: true, value: null })
      expect((await driver.attachDevice(uuid, { ...nic, index: 1, network: 'nowhere' })).ok).toBe(false)
      expect(await driver.detachDevice(uuid, 'vif/0', true)).toEqual({ ok: true, value: null })
    })

    it('starts a domain with less memory than it may have, and gives it more', { timeout }, async () => {
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

    it('starts a domain with fewer vcpus than it may have, and lets it have more', { timeout }, async () => {
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

    it('tells a guest whether its disk takes discards and flushes', { timeout }, async (context) => {
      if (!driver.limits.devices.includes('vbd')) return context.skip()
      const modes: readonly (readonly [Partial<Disk>, string, string])[] = [
        [{}, '1', '1'],
        [{ cache: 'unsafe', discard: 'ignore' }, '0', '1'],
        [{ cache: 'writethrough', discard: 'unmap' }, '1', '0'],
      ]
      const devices: Disk[] = []
      for (const [at, [change]] of modes.entries()) {
        const path = join(folder, `modes-${at}.raw`)
        expect(await driver.images.create({ path, format: 'raw', sizeMiB: 1 })).toEqual({ ok: true, value: null })
        devices.push({ ...disk(`xvd${'abc'[at]}`, path), removable: false, ...change })
      }
      const uuid = randomUUID()
      expect((await driver.create(uuid, { ...config, devices })).ok).toBe(true)
      for (const [at, [, discards, flushes]] of modes.entries()) {
        const node = async (name: string) => {
          const dump = await driver.dumpStore()
          const found = new RegExp(`/backend/vbd/\\d+/${51712 + 16 * at}/${name} = "(.)"`).exec(dump.ok ? dump.value : '')
          return found?.[1]
        }
        await expect.poll(() => node('feature-discard'), { timeout: 15_000 }).toBe(discards)
        await expect.poll(() => node('feature-flush-cache'), { timeout: 15_000 }).toBe(flushes)
      }
      await driver.destroy(uuid)
    })

    imageContract({ images: () => driver.images, folder, timeout })

    it('changes an interface while the domain runs: network, rate and link, but no MAC address it has not', {
      timeout,
    }, async (context) => {
      if (!driver.limits.devices.includes('vif')) return context.skip()
      const uuid = randomUUID()
      const nic: Nic = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:77', forwards: [] }
      expect((await driver.create(uuid, { ...config, devices: [nic] })).ok).toBe(true)
      expect((await driver.changeNic(uuid, { ...nic, rateKiB: 512, link: 'down' })).ok).toBe(true)
      expect((await driver.changeNic(uuid, { ...nic, network: 'nowhere' })).ok).toBe(false)
      expect((await driver.changeNic(uuid, { ...nic, index: 3 })).ok).toBe(false)
      expect((await driver.changeNic(uuid, nic)).ok).toBe(true)
      await driver.destroy(uuid)
    })

    it('serves a screen that begins as RFB does, and pictures of it', { timeout }, async (context) => {
      if (!driver.limits.devices.includes('vfb')) return context.skip()
      const uuid = randomUUID()
      const devices = [{ kind: 'vfb', width: 800, height: 600 }] as const
      expect((await driver.create(uuid, { ...config, devices })).ok).toBe(true)
      const opened = await driver.openScreen(uuid)
      if (!opened.ok) throw new Error(`no screen: ${opened.error.reason}`)
      const transport = subject.channels.transport(opened.value)
      let greeting = ''
      transport.onMessage((message) => {
        if (message instanceof Uint8Array) greeting += new TextDecoder('latin1').decode(message)
      })
      await expect.poll(() => greeting).toMatch(/^RFB 003\.008\n/)
      transport.close()
      const shot = await driver.screenshot(uuid)
      expect(shot).toMatchObject({ ok: true, value: { width: 800, height: 600 } })
      const small = await driver.screenshot(uuid, 200)
      expect(small.ok && small.value.width <= 800).toBe(true)
      // Viewers are let in at a port the system chooses, then at a socket, then nowhere.
      const port = await driver.listenVnc(uuid, { address: '127.0.0.1', port: 0, password: 'secret' })
      expect(port.ok && port.value).toBeGreaterThan(0)
      expect(await driver.listenVnc(uuid, { path: join(folder, 'vnc.sock') })).toEqual({ ok: true, value: undefined })
      expect(await driver.listenVnc(uuid, undefined)).toEqual({ ok: true, value: undefined })
      await driver.destroy(uuid)
    })

    it('is told by the guest that it powered off', { timeout }, async () => {
      const uuid = await forItself()
      const opened = await driver.openConsole(uuid, undefined)
      if (!opened.ok) throw new Error('no console')
      subject.channels.transport(opened.value).send({ kind: 'input', bytes: new TextEncoder().encode('poweroff\r') })
      await expect.poll(() => stops(uuid).at(-1), { timeout: 20_000 }).toBe('poweroff')
    })
  })
}
