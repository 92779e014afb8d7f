// Names and texts from outside as nobody should send them: any Unicode, paths that lead elsewhere, ten thousand characters. Every call that
// takes one either does it or refuses in a sentence of the table, all that is shown stays readable, and nothing is written elsewhere.
// Runs in: vitest, plain Node.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileStem } from '../../../src-engine/public/name'
import type { CallName } from '../../../src-main/public/calls'
import { LOCAL_CONNECTION } from '../../../src-main/public/connection'
import { makeConnections, type TestConnections } from '../../support/connections'

const HOSTILE = {
  nothing: '',
  'a path upwards': '../../../../outside',
  'an absolute path': '/tmp/ringmaster-outside',
  'a path of another system': '..\\..\\outside',
  'ten thousand characters': 'x'.repeat(10_000),
  'a NUL': 'a\u0000b',
  lines: 'a\nb\r\nc',
  'turned around': '\u202egnp.exe',
  'a lone surrogate': 'a\ud800b',
  'nothing that can be seen': '\u200b\u2060\u3164',
  'dots only': '..',
  markup: '<script>alert(1)</script>]]>&amp;"\'',
  'a mark of ours': '{name} {detail} $t(app.name)',
  'a name of JavaScript': '__proto__',
} as const

/** Names in scripts that have marks over or after their letters, and beyond the first plane. */
const NAMES = [
  'नमस्ते',
  'ไทยแลนด์',
  'עִבְרִית',
  'Tiếng Việt',
  'Zu\u0308rich',
  '日本語',
  '𠀀𠀁',
  'Ωμέγα-2',
  'مرحبا',
  '🦊',
  '👩‍💻 ❤️',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'می‌خواهم',
  `it's “new” & <old> {name}`,
]

let made: TestConnections
let uuid = ''
/** Some folders above the app's own: what leads upwards ends here. */
let outer = ''
let network: object
beforeEach(async () => {
  outer = mkdtempSync(join(tmpdir(), 'ringmaster-hostile-'))
  made = await makeConnections({ folder: join(outer, 'a', 'b', 'c', 'own') })
  uuid = await made.defined('machine', LOCAL_CONNECTION)
  network = (await made.call('networkList', {}))[0]?.network ?? {}
})
afterEach(async () => {
  await made.close()
  rmSync(outer, { recursive: true, force: true })
})

function calls(text: string): readonly (readonly [CallName, object])[] {
  const volume = { pool: 'default', name: text, format: 'raw', sizeMiB: 1, backing: null }
  const config = made.config(text)
  return [
    ['domainDefine', { config, images: [], start: false }],
    ['domainDefine', { config: { ...made.config('b'), cmdline: text }, images: [], start: false }],
    ['domainDefine', { config: { ...made.config('c'), kernel: text }, images: [], start: true }],
    ['domainDefine', { config: { ...made.config('d') }, images: [{ path: text, format: 'raw', sizeMiB: 1 }], start: false }],
    ['domainRename', { uuid, name: text }],
    ['domainClone', { uuid, snapshot: null, name: text, disks: [] }],
    ['domainFork', { uuid, name: text }],
    ['domainUndefine', { uuid, disks: [text] }],
    ['domainSave', { uuid, path: text }],
    ['domainRestore', { path: text }],
    ['snapshotCreate', { uuid, name: text, description: text }],
    ['metadataSet', { changes: [{ uuid, metadata: { folder: text, tags: [text] } }] }],
    ['configDefine', { uuid: null, text, start: false }],
    ['configLook', { uuid: null, text }],
    ['configRead', { path: text }],
    ['configWrite', { uuid, format: 'xml', path: text }],
    ['networkDefine', { network: { ...network, name: text, address: '10.44.0.1', dhcp: undefined }, replaces: null }],
    ['networkDefine', { network: { ...network, name: 'n', address: text, dhcp: { first: text, last: text } }, replaces: null }],
    ['networkUndefine', { name: text }],
    ['networkLeases', { name: text }],
    ['poolDefine', { name: text, path: text }],
    ['volumeCreate', volume],
    ['volumeCreate', { ...volume, pool: text, name: 'a.raw' }],
    ['volumeCreate', { ...volume, name: `${text}.raw` }],
    ['volumeClone', { pool: 'default', name: text, to: text, format: 'raw' }],
    ['volumeDelete', { pool: 'default', name: text }],
    ['volumeUpload', { pool: 'default', from: text, name: text }],
    ['imageInspect', { path: text }],
    ['imageCreate', { image: { path: text, format: 'raw', sizeMiB: 1 } }],
    ['imageProposePath', { name: text, format: 'raw', taken: [] }],
    ['trashRestore', { id: text }],
    ['trashEmpty', { ids: [text] }],
    ['fileLook', { path: text }],
    ['connectionDefine', { connection: null, name: text, driver: 'test', autoconnect: false }],
    ['storeWatch', { seconds: text }],
  ]
}

/** All files below a folder, by their paths in it. */
function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
}

describe('a hostile value', () => {
  it.each(Object.entries(HOSTILE))(
    '%s: each call does it or says why not, and writes nothing elsewhere',
    async (_what, text) => {
      const wrong: string[] = []
      for (const [name, params] of calls(text)) {
        const reply = await made.ask(name, params)
        if (!reply.ok && ['internal', 'no-such-call', 'not-allowed'].includes(reply.error.reason)) {
          wrong.push(`${name}: ${JSON.stringify(reply.error.values).slice(0, 200)}`)
        }
      }
      for (const { toolstack } of made.connections.opened()) {
        await Promise.all(toolstack.jobs.list().map(({ job }) => toolstack.jobs.wait(job)))
        for (const { error } of toolstack.jobs.list())
          if (error?.reason === 'internal') wrong.push(`a job: ${error.values['detail']}`)
      }
      expect(wrong).toEqual([])
      expect(files(outer).filter((name) => !name.startsWith(join('a', 'b', 'c', 'own', '')))).toEqual(['a', 'a/b', 'a/b/c'])
      for (const path of ['/tmp/ringmaster-outside', resolve('../../../../outside')]) expect(existsSync(path)).toBe(false)
      // What was taken is shown as it is, and is there again after a restart.
      const names = (await made.call('domainList', {})).map(({ name }) => name)
      await made.close(true)
      const { folder } = made
      made = await makeConnections({ folder })
      expect((await made.call('domainList', {})).map(({ name }) => name).sort()).toEqual(names.sort())
      expect(made.connections.opened().flatMap(({ toolstack }) => toolstack.notices.list())).toEqual([])
    },
  )
})

describe('a name in any script', () => {
  it.each(NAMES)('%s is a machine’s, a volume’s and a connection’s, over a restart too', async (typed) => {
    const name = typed.normalize('NFC')
    const renamed = await made.ask('domainRename', { uuid, name: ` ${typed} ` })
    expect(renamed).toMatchObject({ ok: true })
    expect(
      await made.ask('volumeCreate', {
        pool: 'default',
        name: `${typed.replace(/[<>]/g, '')}.raw`,
        format: 'raw',
        sizeMiB: 1,
        backing: null,
      }),
    ).toMatchObject({ ok: true })
    const { connection } = await made.call('connectionDefine', {
      connection: null,
      name: typed,
      driver: 'test',
      autoconnect: false,
    })
    const { path } = await made.call('imageProposePath', { name: typed, format: 'raw', taken: [] })
    expect(dirname(path)).toBe(join(made.folder, 'disks'))
    expect(basename(path).replace(/(-2)?\.raw$/, '')).toBe(fileStem(name, '-'))
    await made.close(true)
    made = await makeConnections({ folder: made.folder })
    expect((await made.call('domainInfo', { uuid })).name).toBe(name)
    expect(made.info(connection).name).toBe(name)
    expect((await made.call('volumeList', { pool: 'default' })).map((volume) => volume.name)).toContain(
      `${name.replace(/[<>]/g, '')}.raw`,
    )
    expect(readFileSync(join(made.folder, 'definitions', `${uuid}.xml`), 'utf8')).toContain(
      name.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    )
  })

  it.each(NAMES)(
    '%s is a snapshot’s, a clone’s, a template’s, a folder’s, a tag’s, a network’s and a pool’s too',
    async (typed) => {
      const name = typed.normalize('NFC')
      const word = typed.replace(/["'<>=,]/g, '')
      const finished = async (order: { readonly job: number }) => {
        for (const { toolstack } of made.connections.opened()) {
          if (toolstack.jobs.list().some(({ job }) => job === order.job))
            expect(await toolstack.jobs.wait(order.job)).toMatchObject({ ok: true })
        }
      }
      await finished(await made.call('snapshotCreate', { uuid, name: typed, description: `${typed}\n${typed}` }))
      await finished(await made.call('domainClone', { uuid, snapshot: null, name: typed, disks: [] }))
      await finished(await made.call('templateSave', { uuid, name: typed, disks: false }))
      await made.call('metadataSet', { changes: [{ uuid, metadata: { folder: `${typed}/${typed}`, tags: [typed, name] } }] })
      const shown = { ...network, name: word, address: '10.44.0.1', dhcp: undefined, hosts: [] }
      expect(await made.ask('networkDefine', { network: shown, replaces: null })).toMatchObject({ ok: true })
      // The name is one; the folder was not chosen in a dialog.
      expect(await made.refused('poolDefine', { name: typed, path: outer })).toBe('path-not-chosen')
      await made.close(true)
      made = await makeConnections({ folder: made.folder })
      expect((await made.call('snapshotTree', { uuid })).snapshots.map((one) => one.name)).toEqual([name])
      expect(await made.names(LOCAL_CONNECTION)).toContain(name)
      expect((await made.call('templateList', {})).map((one) => one.name)).toEqual([name])
      expect(await made.call('metadataList', {})).toMatchObject([{ metadata: { folder: `${name}/${name}`, tags: [name] } }])
      expect((await made.call('networkList', {})).map((each) => each.network.name)).toContain(word.normalize('NFC'))
      // The same name a second time, written otherwise.
      const again = `${typed.normalize('NFD')}\u200d`
      const second = await made.defined('second', LOCAL_CONNECTION)
      expect(await made.refused('domainRename', { uuid: second, name: again })).toBe('name-exists')
      expect(await made.refused('snapshotCreate', { uuid, name: again, description: '' })).toBe('snapshot-exists')
      expect(await made.refused('templateSave', { uuid, name: again, disks: false })).toBe('template-exists')
    },
  )

  it.each([
    ['', 'name-empty'],
    ['\u200b', 'name-invisible'],
    ['a\nb', 'name-unwritten'],
    ['a\ud800', 'name-unwritten'],
    ['\u202egnp.exe', 'name-turning'],
    ['a/b', 'name-slash'],
    ['..', 'name-bad'],
    ['-rf', 'name-bad'],
    [`${'\u{1f98a}'.repeat(64)}x`, 'name-long'],
  ])('%j is refused with a reason of its own: %s', async (name, reason) => {
    expect(await made.refused('domainRename', { uuid, name })).toBe(reason)
    expect(await made.refused('domainDefine', { config: made.config(name), images: [], start: false })).toBe(reason)
    expect(await made.refused('domainClone', { uuid, snapshot: null, name, disks: [] })).toBe(reason)
    if (['name-slash', 'name-bad', 'name-empty'].includes(reason)) return
    expect(await made.refused('snapshotCreate', { uuid, name, description: '' })).toBe(reason)
    expect(await made.refused('templateSave', { uuid, name, disks: false })).toBe(reason)
  })
})
