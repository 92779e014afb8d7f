// Definitions as texts through the calls: shown, taken, refused, reverted, deleted and restored; files of disks stay unless ticked.
// Runs in: vitest, plain Node.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestImages } from '../../../src-main/driver/test/test-images'
import { serveCall } from '../../../src-main/ipc/serve-call'
import type { CallName, CallParams, CallResult } from '../../../src-main/public/calls'
import type { Disk } from '../../../src-main/public/device'
import { makeToolstack, testCaller } from '../../support/toolstack'

let made: Awaited<ReturnType<typeof makeToolstack>>
beforeEach(async () => {
  made = await makeToolstack()
})
afterEach(() => made.close())

async function call<C extends CallName>(
  name: C,
  params: CallParams<C>,
  chosen: readonly string[] = [],
): Promise<CallResult<C>> {
  const reply = await made.servers[name](params, testCaller(chosen))
  if (!reply.ok) throw new Error(`${reply.error.reason} ${JSON.stringify(reply.error.values)}`)
  return reply.value
}

/** As a window's: with shapes checked. */
async function refusal(name: string, params: unknown, chosen: readonly string[] = []): Promise<string> {
  const reply = await serveCall(made.servers, name, params, testCaller(chosen))
  return reply.ok ? 'ok' : reply.error.reason
}

async function defined(name = 'A', devices: readonly Disk[] = []): Promise<string> {
  const result = await made.toolstack.domains.define({ ...made.config(name), devices })
  if (!result.ok) throw new Error(result.error.reason)
  return result.value
}

function disk(path: string, more: Partial<Disk> = {}): Disk {
  return { kind: 'vbd', dev: 'xvda', path, format: 'raw', readonly: false, removable: false, ...more }
}

describe('a name given in two windows at once', () => {
  it('is one machine’s only, and a name changed elsewhere is not changed again unseen', async () => {
    const [a, b] = [await defined('A'), await defined('B')]
    const both = await Promise.all([
      refusal('domainRename', { uuid: a, name: 'C' }),
      refusal('domainRename', { uuid: b, name: 'C' }),
    ])
    expect(both).toEqual(['ok', 'name-exists'])
    const same = await Promise.all([
      refusal('domainRename', { uuid: b, name: 'one', from: 'B' }),
      refusal('domainRename', { uuid: b, name: 'two', from: 'B' }),
    ])
    expect(same).toEqual(['ok', 'definition-changed'])
    const forms = [a, b].map(async (uuid) => refusal('domainRedefine', { uuid, config: made.config('D') }))
    expect(await Promise.all(forms)).toEqual(['ok', 'name-exists'])
  })

  it('takes nothing back of a change that was on its way', async () => {
    const uuid = await defined('A')
    const more = { ...made.config('A'), memoryMiB: 96 }
    const { domains } = made.toolstack
    for (const done of await Promise.all([domains.redefine(uuid, more), domains.rename(uuid, 'B')])) expect(done.ok).toBe(true)
    expect(domains.info(uuid)).toMatchObject({ value: { config: { name: 'B', memoryMiB: 96 } } })
  })
})

describe('the text of a definition', () => {
  it('is looked at, then taken, with what we do not know kept', async () => {
    const uuid = await defined()
    const { text } = await call('configText', { uuid, format: 'xml' })
    const edited = text.replace('65536</memory>', '131072</memory>').replace('</devices>', "<rng model='virtio'/></devices>")
    const look = await call('configLook', { uuid, text: edited })
    expect(look.notes).toMatchObject([{ reason: 'without-effect', values: { names: 'rng' } }])
    // As under libvirt, more that it may have is not more that it has: the text says both.
    expect(look.diff.filter(({ kind }) => kind === 'added').map((line) => line.text.trim())).toEqual([
      "<memory unit='KiB'>131072</memory>",
      "<rng model='virtio'/>",
    ])
    expect((await call('configText', { uuid, format: 'xml' })).text).toBe(text)
    await call('configDefine', { uuid, text: edited, start: false })
    expect(made.toolstack.domains.info(uuid)).toMatchObject({ value: { config: { memoryMiB: 128, currentMiB: 64 } } })
    expect((await call('configText', { uuid, format: 'xml' })).text).toBe(look.text)
    // A change by a form leaves it.
    await call('domainRename', { uuid, name: 'B' })
    expect((await call('configText', { uuid, format: 'xml' })).text).toContain('<rng')
  })

  it.each([
    ['config-text', '<domain>'],
    ['config-text', 'name = '],
    ['memory-too-large', '<domain><name>A</name><memory unit="TiB">9</memory></domain>'],
    ['name-slash', '<domain><name>../../etc</name><memory unit="MiB">64</memory></domain>'],
    [
      'no-network',
      `<domain><name>A</name><memory unit="MiB">64</memory><devices><interface type='network'><source network='x'/></interface></devices></domain>`,
    ],
    [
      'config-uuid',
      '<domain><name>A</name><uuid>11111111-2222-4333-8444-555555555555</uuid><memory unit="MiB">64</memory></domain>',
    ],
  ])('is refused whole: %s', async (reason, text) => {
    const uuid = await defined()
    const before = await call('configText', { uuid, format: 'xml' })
    expect(await refusal('configLook', { uuid, text })).toBe(reason)
    expect(await refusal('configDefine', { uuid, text, start: false })).toBe(reason)
    expect(await call('configText', { uuid, format: 'xml' })).toEqual(before)
    expect(await call('revisionList', { uuid })).toHaveLength(1)
  })

  it('does not show the password of a screen unless asked, and keeps it', async () => {
    const secret = await made.toolstack.domains.define({
      ...made.config('S'),
      devices: [
        { kind: 'vfb', width: 800, height: 600, vnc: { kind: 'tcp', address: '127.0.0.1', port: 0, password: 'hunter22' } },
      ],
    })
    if (!secret.ok) throw new Error(secret.error.reason)
    const uuid = secret.value
    const password = () => {
      const info = made.toolstack.domains.info(uuid)
      const [device] = info.ok ? (info.value.config?.devices ?? []) : []
      return device?.kind === 'vfb' && device.vnc?.kind === 'tcp' ? device.vnc.password : undefined
    }
    for (const format of ['xml', 'xl'] as const) {
      expect((await call('configText', { uuid, format })).text).not.toContain('hunter22')
      expect((await call('configText', { uuid, format, secure: true })).text).toContain('hunter22')
      const path = join(made.folder, `out.${format}`)
      await call('configWrite', { uuid, format, path }, [path])
      expect(readFileSync(path, 'utf8')).not.toContain('hunter22')
      // Comes back without it.
      const { text } = await call('configText', { uuid, format })
      const edited = text.replace("listen='127", "keymap='de' listen='127")
      if (format === 'xml') {
        const { diff } = await call('configLook', { uuid, text: edited })
        expect(diff.filter(({ kind }) => kind !== 'kept')).toHaveLength(2)
      }
      await call('configDefine', { uuid, text: edited, start: false })
      expect(password()).toBe('hunter22')
      if (format === 'xml') expect((await call('configText', { uuid, format })).text).toContain("keymap='de'")
    }
    const { text } = await call('configText', { uuid, format: 'xml' })
    const other = text.replace("type='vnc'", "type='vnc' passwd='swordfish'")
    const { diff } = await call('configLook', { uuid, text: other })
    expect(diff.some(({ kind }) => kind !== 'kept')).toBe(true)
    expect(JSON.stringify(diff)).not.toMatch(/hunter22|swordfish/)
    await call('configDefine', { uuid, text: other, start: false })
    expect(password()).toBe('swordfish')
    const [first] = await call('revisionList', { uuid })
    const shown = await call('revisionDiff', { uuid, from: first?.revision ?? 0, to: null })
    expect(JSON.stringify(shown)).not.toMatch(/hunter22|swordfish/)
    await call('revisionRevert', { uuid, revision: first?.revision ?? 0 })
    expect(password()).toBe('hunter22')
    await call('configDefine', { uuid, text: text.replace("type='vnc'", "type='vnc' passwd=''"), start: false })
    expect(password()).toBe('')
  })

  it('names only files for writing that the user allowed', async () => {
    const text = (path: string) =>
      `<domain><name>W</name><memory unit='MiB'>64</memory><devices><disk type='file'><source file='${path}'/><target dev='xvda'/></disk></devices></domain>`
    expect(await refusal('configDefine', { uuid: null, text: text('/etc/passwd'), start: false })).toBe('file-not-allowed')
    expect(await refusal('configDefine', { uuid: null, text: text('/x.img'), start: false }, ['/x.img'])).toBe('ok')
    expect(await refusal('configLook', { uuid: null, text: 'x'.repeat(2 << 20) })).toBe('bad-arguments')
  })
})

describe('a configuration file', () => {
  it('is read once chosen and becomes a new domain under a free name', async () => {
    await defined('old')
    const path = join(made.folder, 'old.cfg')
    writeFileSync(path, `name = "old"\nmemory = 64\nkernel = "${made.kernel}"\nvif = [ 'bridge=xenbr0' ]\ncpus = "all,^1"\n`)
    expect(await refusal('configRead', { path })).toBe('path-not-chosen')
    const { source, look } = await call('configRead', { path }, [path])
    expect(look.notes.map(({ reason }) => reason)).toEqual(['mac-made', 'network-changed', 'without-effect', 'name-taken'])
    expect(look.notes.at(-1)?.values).toEqual({ from: 'old', to: 'old 2' })
    // A name of the user's own is taken as it is, and refused where another has it.
    expect(await refusal('configDefine', { uuid: null, text: source, name: 'old', start: false })).toBe('name-exists')
    const named = await call('configDefine', { uuid: null, text: source, name: 'mine', start: false })
    expect(made.toolstack.domains.info(named.uuid)).toMatchObject({ value: { name: 'mine' } })
    expect(await call('configText', { uuid: named.uuid, format: 'xml' })).toMatchObject({
      text: expect.stringContaining('<name>mine</name>'),
    })
    const slash = await call('configLook', { uuid: null, text: `name = "a/b"\nmemory = 64\nkernel = "${made.kernel}"\n` })
    expect(slash.notes.map(({ reason }) => reason)).toEqual(['name-changed'])
    expect(look).toMatchObject({ name: 'old 2', format: 'xl' })
    const { uuid } = await call('configDefine', { uuid: null, text: source, start: true })
    expect(made.toolstack.domains.info(uuid)).toMatchObject({ value: { name: 'old 2', state: 'running' } })
    const exported = join(made.folder, 'out.cfg')
    await call('configWrite', { uuid, format: 'xl', path: exported }, [exported])
    const { text } = await call('configText', { uuid, format: 'xl' })
    expect(text).toContain('cpus = "all,^1"')
    expect(await refusal('configRead', { path: made.folder }, [made.folder])).toBe('file-unreadable')
    // It has no end.
    expect(await refusal('configRead', { path: '/dev/zero' }, ['/dev/zero'])).toBe('file-unreadable')
  })
})

describe('the history of a definition', () => {
  it('is a list of revisions with differences, each of which can be gone back to', async () => {
    const uuid = await defined()
    await call('domainRename', { uuid, name: 'B' })
    await call('domainRedefine', { uuid, config: { ...made.config('B'), memoryMiB: 100 } })
    const list = await call('revisionList', { uuid })
    expect(list.map(({ revision, cause }) => `${revision} ${cause}`)).toEqual(['1 defined', '2 renamed', '3 changed'])
    const changes = async (from: number, to: number | null) =>
      (await call('revisionDiff', { uuid, from, to }))
        .filter(({ kind }) => kind !== 'kept')
        .map(({ kind, text }) => `${kind} ${text.trim()}`)
    expect(await changes(1, 2)).toEqual(['removed <name>A</name>', 'added <name>B</name>'])
    expect(await changes(3, null)).toEqual([])
    await call('revisionRevert', { uuid, revision: 1 })
    expect(made.toolstack.domains.info(uuid)).toMatchObject({ value: { name: 'A', config: { memoryMiB: 64 } } })
    expect((await call('revisionList', { uuid })).at(-1)).toMatchObject({ revision: 4, cause: 'reverted' })
    expect(await changes(1, null)).toEqual([])
    expect(await refusal('revisionRevert', { uuid, revision: 99 })).toBe('no-revision')
    expect(await refusal('revisionDiff', { uuid, from: 1, to: 77 })).toBe('no-revision')
    await defined('B')
    expect(await refusal('revisionRevert', { uuid, revision: 2 })).toBe('name-exists')
  })
})

describe('the trash', () => {
  it('gives a domain back with its history, name, folder and managed save', async () => {
    const uuid = await made.started('A')
    await call('metadataSet', { changes: [{ uuid, metadata: { folder: 'Web', tags: ['x'] } }] })
    await made.toolstack.guests.saveAll()
    expect(made.state(uuid)).toBe('saved')
    await call('domainUndefine', { uuid })
    expect(made.state(uuid)).toBe('gone')
    const [entry] = await call('trashList', {})
    expect(entry).toMatchObject({ uuid, name: 'A', hasManagedSave: true, disks: [], problem: null })
    await defined('A')
    expect(await call('trashRestore', { id: entry?.id ?? '' })).toEqual({ uuid })
    expect(made.toolstack.domains.info(uuid)).toMatchObject({ value: { name: 'A 2', state: 'saved' } })
    expect(await call('metadataList', {})).toEqual([{ uuid, metadata: { folder: 'Web', tags: ['x'] } }])
    expect((await call('revisionList', { uuid })).map(({ cause }) => cause)).toEqual(['defined', 'restored'])
    await call('domainCreate', { uuid, fresh: false })
    expect(made.state(uuid)).toBe('running')
    expect(await call('trashList', {})).toEqual([])
    expect(made.events.filter(({ name }) => name === 'trashChanged')).toHaveLength(2)
  })

  it('removes ticked image files when it is emptied, not before, and never one that is used', async () => {
    mkdirSync(join(made.folder, 'disks'), { recursive: true })
    const [own, kept, used, iso] = ['own', 'kept', 'used', 'iso'].map((name) => join(made.folder, 'disks', `${name}.img`))
    if (!own || !kept || !used || !iso) throw new Error('paths')
    for (const path of [own, kept, used, iso]) writeFileSync(path, 'x')
    const uuid = await defined('A', [disk(own), disk(kept, { dev: 'xvdb' }), disk(used, { dev: 'xvdc' })])
    await defined('B', [disk(used)])
    expect(await refusal('domainUndefine', { uuid, disks: ['/etc/passwd'] })).toBe('no-device')
    await call('domainUndefine', { uuid, disks: [own, used] })
    expect([own, kept, used].map((path) => existsSync(path))).toEqual([true, true, true])
    const [entry] = await call('trashList', {})
    await call('trashEmpty', { ids: [entry?.id ?? '', '../definitions', '0-11111111-2222-4333-8444-555555555555'] })
    expect([own, kept, used].map((path) => existsSync(path))).toEqual([false, true, true])
    expect(await call('trashList', {})).toEqual([])
    expect(await refusal('trashRestore', { id: entry?.id ?? '' })).toBe('trash-unreadable')
    expect(await refusal('trashRestore', { id: '../../x' })).toBe('trash-unreadable')
  })

  it('does not hold what was made a moment ago and is forgotten', async () => {
    const uuid = await defined('A')
    await call('domainUndefine', { uuid, forget: true })
    expect([made.state(uuid), await call('trashList', {})]).toEqual(['gone', []])
  })

  it('keeps ticked image files that an image of somebody else stands on, by whatever way', async () => {
    const folder = join(made.folder, 'disks')
    mkdirSync(folder, { recursive: true })
    const [base, middle, top, elsewhere, linked] = ['base.raw', 'middle.qcow2', 'top.qcow2', 'else.qcow2', 'own.qcow2'].map(
      (name) => join(name === 'else.qcow2' ? made.folder : folder, name),
    )
    if (!base || !middle || !top || !elsewhere || !linked) throw new Error('paths')
    writeFileSync(base, Buffer.alloc(1 << 20))
    const images = new TestImages(async () => undefined)
    await images.overlay(middle, { path: base, format: 'raw' })
    await images.overlay(top, { path: middle, format: 'qcow2' })
    await images.overlay(elsewhere, { path: middle, format: 'qcow2' })
    writeFileSync(linked, 'x')
    // Nobody allowed the second of them its backing file, which lies in another folder: it needs it all the same.
    for (const path of [top, elsewhere]) {
      const uuid = await defined('A', [disk(base), disk(middle, { dev: 'xvdb' }), disk(linked, { dev: 'xvdc' })])
      const other = await defined('B', [disk(path, { format: 'qcow2' })])
      await call('domainUndefine', { uuid, disks: [base, middle, linked] })
      await call('trashEmpty', { ids: (await call('trashList', {})).map(({ id }) => id) })
      expect([base, middle, path, linked].map((each) => existsSync(each))).toEqual([true, true, true, false])
      await call('domainUndefine', { uuid: other })
      writeFileSync(linked, 'x')
      await call('trashEmpty', { ids: (await call('trashList', {})).map(({ id }) => id) })
    }
    const last = await defined('A', [disk(base)])
    await call('domainUndefine', { uuid: last, disks: [base] })
    await call('trashEmpty', { ids: (await call('trashList', {})).map(({ id }) => id) })
    expect(existsSync(base)).toBe(false)
  })

  it('does not take a read-only file from elsewhere with it', async () => {
    const uuid = await defined('A', [disk('/usr/share/install.iso', { readonly: true, removable: true })])
    expect(await refusal('domainUndefine', { uuid, disks: ['/usr/share/install.iso'] })).toBe('file-not-allowed')
    expect(made.state(uuid)).toBe('shutoff')
  })

  it('says of an entry whose definition is damaged what is wrong, and restores it beside one of its identifier', async () => {
    const uuid = await defined('A')
    await call('domainUndefine', { uuid })
    const [entry] = await call('trashList', {})
    const path = join(made.folder, 'trash', entry?.id ?? '', 'definition.xml')
    writeFileSync(path, '<no')
    expect((await call('trashList', {}))[0]?.problem).toBeTruthy()
    expect(await refusal('trashRestore', { id: entry?.id ?? '' })).toBe('trash-unreadable')
    writeFileSync(path, `<domain><name>A</name><uuid>${uuid}</uuid><memory unit='MiB'>64</memory></domain>`)
    await made.toolstack.domains.define(made.config('C'), uuid)
    const restored = await call('trashRestore', { id: entry?.id ?? '' })
    expect(restored.uuid).not.toBe(uuid)
    expect((await call('configText', { uuid: restored.uuid, format: 'xml' })).text).toContain(restored.uuid)
  })
})
