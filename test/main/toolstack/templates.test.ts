// Templates through the calls: saved with and without what is on disks, used, removed; drafts of definitions, and images that begin
// as copies. Runs in: vitest, plain Node.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestImages } from '../../../src-main/driver/test/test-images'
import type { CallName, CallParams, CallResult } from '../../../src-main/public/calls'
import type { Disk } from '../../../src-main/public/device'
import { explainError } from '../../../src-main/public/error-code'
import { makeToolstack, testCaller } from '../../support/toolstack'

let made: Awaited<ReturnType<typeof makeToolstack>>
let image: string
beforeEach(async () => {
  made = await makeToolstack()
  mkdirSync(join(made.folder, 'disks'))
  image = join(made.folder, 'disks', 'a.qcow2')
  await new TestImages(async () => undefined).create({ path: image, format: 'qcow2', sizeMiB: 2048 })
})
afterEach(() => made.close())

async function call<C extends CallName>(name: C, params: CallParams<C>): Promise<CallResult<C>> {
  const reply = await made.servers[name](params, testCaller())
  if (!reply.ok) throw new Error(`${reply.error.reason} ${JSON.stringify(reply.error.values)}`)
  return reply.value
}
async function reasonOf<C extends CallName>(name: C, params: CallParams<C>): Promise<string> {
  const reply = await made.servers[name](params, testCaller())
  return reply.ok ? 'ok' : reply.error.reason
}
/** What the job ended with. */
async function done({ job }: { job: number }): Promise<string> {
  const ended = await made.toolstack.jobs.wait(job)
  return ended.ok ? 'ok' : ended.error.reason
}

const disk = (): Disk => ({ kind: 'vbd', dev: 'xvda', path: image, format: 'qcow2', readonly: false, removable: false })
const screen = (password?: string) =>
  ({ kind: 'vfb', width: 800, height: 600, vnc: { kind: 'tcp', address: '127.0.0.1', port: 5901, password } }) as const

async function defined(): Promise<string> {
  const result = await made.toolstack.domains.define({
    ...made.config('web'),
    title: 'The web',
    devices: [disk(), screen('secret')],
  })
  if (!result.ok) throw new Error(result.error.reason)
  return result.value
}

describe('a template', () => {
  it('is a definition without passwords, with the sizes of its disks, and outlives the app', async () => {
    const uuid = await defined()
    expect(await done(await call('templateSave', { uuid, name: ' Web server ', disks: false }))).toBe('ok')
    const [template] = await call('templateList', {})
    expect(template).toMatchObject({ name: 'Web server', disks: [{ dev: 'xvda', sizeMiB: 2048 }] })
    expect(template?.config.title).toBe('The web')
    expect(JSON.stringify(template)).not.toContain('secret')
    expect(await reasonOf('templateSave', { uuid, name: 'Web server', disks: false })).toBe('template-exists')
    expect(await reasonOf('templateSave', { uuid, name: '  ', disks: false })).toBe('name-empty')
    expect(JSON.parse(readFileSync(join(made.folder, 'templates.json'), 'utf8')).templates).toHaveLength(1)
    const again = await makeToolstack({ folder: made.folder })
    expect(again.toolstack.templates.list()).toEqual([template])
    await again.toolstack.close()
  })

  it('has copies of its own of what is on disks; storage knows whose they are, and removing it leaves them', async () => {
    const uuid = await defined()
    expect(await done(await call('templateSave', { uuid, name: 'Web', disks: true }))).toBe('ok')
    const [template] = await call('templateList', {})
    const own = template?.disks[0]?.image ?? ''
    expect(own).toMatch(/Web-template-xvda\.qcow2$/)
    const uses = async () => {
      const volumes = await call('volumeList', { pool: 'default' })
      return volumes.find(({ path }) => path === own)?.usedBy
    }
    expect(await uses()).toEqual([{ how: 'template', name: 'Web' }])
    expect(await reasonOf('volumeDelete', { pool: 'default', name: 'Web-template-xvda.qcow2' })).toBe('volume-in-use')
    await call('templateRemove', { id: template?.id ?? '' })
    expect(await call('templateList', {})).toEqual([])
    expect(await uses()).toEqual([])
    expect(existsSync(own)).toBe(true)
  })

  it('copies disks only of a machine that is off, and leaves nothing of a copy that failed', async () => {
    const uuid = await defined()
    await call('domainCreate', { uuid, fresh: false })
    expect(await reasonOf('templateSave', { uuid, name: 'Web', disks: true })).toBe('wrong-state')
    expect(await done(await call('templateSave', { uuid, name: 'Web', disks: false }))).toBe('ok')
    await call('domainDestroy', { uuid })
    const job = await call('templateSave', { uuid, name: 'Later', disks: true })
    // Another takes the name while the disks are copied.
    await call('templateSave', { uuid, name: 'Later', disks: false }).then(done)
    expect(await done(job)).toBe('template-exists')
    expect(existsSync(join(made.folder, 'disks', 'Later-template-xvda.qcow2'))).toBe(false)
  })
})

describe('a list of templates that is damaged', () => {
  it('or of a newer version, as the storage pools’ too, is told of as what it is', async () => {
    for (const name of ['templates', 'storage-pools']) writeFileSync(join(made.folder, `${name}.json`), '{"version": 99}')
    const again = await makeToolstack({ folder: made.folder })
    const told = again.notices.map(({ error }) => explainError(error).cause)
    expect(told.filter((cause) => cause.includes('could not be read (it is of a newer version)'))).toHaveLength(2)
    await again.toolstack.close()
  })

  it('is put aside and reported, and the rest is there', async () => {
    const uuid = await defined()
    writeFileSync(join(made.folder, 'templates.json'), '{"templates": 7}')
    const again = await makeToolstack({ folder: made.folder })
    expect(again.notices.map(({ error }) => error.reason)).toContain('templates-corrupt')
    expect(again.toolstack.templates.list()).toEqual([])
    expect(again.toolstack.domains.info(uuid).ok).toBe(true)
    await again.toolstack.close()
  })
})

describe('a draft', () => {
  it('is what the definition would be, in both formats, without identifier and passwords', async () => {
    const config = { ...made.config('draft'), devices: [disk(), screen('secret')] }
    const draft = await call('configDraft', { config })
    expect(draft.xml).toContain('<name>draft</name>')
    expect(draft.xl).toContain("name = 'draft'")
    for (const text of [draft.xml, draft.xl]) {
      expect(text).not.toMatch(/uuid/)
      expect(text).not.toContain('secret')
    }
    expect(draft.notes.map(({ reason }) => reason)).toEqual(['not-said'])
    const look = await call('configLook', { uuid: null, text: draft.xml })
    expect(look.config.devices).toEqual([disk(), screen()].map((each) => JSON.parse(JSON.stringify(each))))
    expect(await call('domainList', {})).toHaveLength(1)
  })

  it('keeps what no field of ours says of the text it was filled in from, and so does the definition', async () => {
    const config = made.config('mine')
    const origin = "<domain type='xen'><name>a</name><memory>65536</memory><devices><rng model='virtio'/></devices></domain>"
    expect((await call('configDraft', { config, origin })).xml).toContain("<rng model='virtio'/>")
    const { uuid } = await call('domainDefine', { config, images: [], start: false, origin })
    const { text } = await call('configText', { uuid, format: 'xml' })
    expect(text).toContain("<rng model='virtio'/>")
    expect(text).toContain('<name>mine</name>')
    expect(await reasonOf('domainDefine', { config: made.config('b'), images: [], start: false, origin: '<a>' })).toBe(
      'config-text',
    )
  })
})

describe('an image that begins as a copy', () => {
  const order = (sizeMiB: number) => {
    const path = join(made.folder, 'disks', 'copy.qcow2')
    const images = [{ path, format: 'qcow2' as const, sizeMiB, copyOf: { path: image, format: 'qcow2' as const } }]
    return { config: { ...made.config('copy'), devices: [{ ...disk(), path }] }, images, start: false }
  }
  const sizeOf = async () => (await call('imageInspect', { path: join(made.folder, 'disks', 'copy.qcow2') })).virtualSize

  it('is as large as that, or larger; the machine that has it is defined when it is whole', async () => {
    await call('domainDefine', order(1))
    expect(await sizeOf()).toBe(2048 * 1024 * 1024)
    expect(made.jobs.filter(({ kind }) => kind === 'imageConvert').at(-1)).toMatchObject({
      state: 'done',
      subject: 'copy.qcow2',
    })
  })

  it('can be larger', async () => {
    await call('domainDefine', order(4096))
    expect(await sizeOf()).toBe(4096 * 1024 * 1024)
  })

  it('is not made of one that refers to a file elsewhere before that is allowed, and then with it', async () => {
    const outside = join(made.folder, 'outside.raw')
    const over = join(made.folder, 'over.qcow2')
    await made.driver.images.create({ path: outside, format: 'raw', sizeMiB: 1 })
    await made.driver.images.overlay(over, { path: outside, format: 'raw' }, [])
    const copied: string[][] = []
    const { copy } = made.testDriver.images
    made.testDriver.images.copy = (each, progress) => {
      copied.push([...each.allowed])
      return copy.call(made.testDriver.images, each, progress)
    }
    const wanted = (allowedBacking?: string[]) => {
      const whole = order(1)
      const from = { path: over, format: 'qcow2' as const, ...(allowedBacking && { allowedBacking }) }
      return { ...whole, images: whole.images.map((each) => ({ ...each, copyOf: from })) }
    }
    const refused = await made.servers.domainDefine(wanted(), testCaller())
    expect(refused).toMatchObject({ error: { reason: 'backing-refused', values: { dev: 'xvda', path: outside, chain: over } } })
    expect(copied).toEqual([])
    await call('domainDefine', wanted([outside]))
    expect(copied).toEqual([[outside]])
  })

  it('is not made of one that a guest writes to', async () => {
    const uuid = await defined()
    await call('domainCreate', { uuid, fresh: false })
    expect(await reasonOf('domainDefine', order(1))).toBe('disk-in-use')
  })
})
