// A machine with an emoji's name on our own engine, through all it can go through, by calls and by `xm` with that name: defined, started,
// paused, snapshot, saved, restored, renamed while it runs, forked, cloned, deleted. What the guest could read of it in XenStore is UTF-8.
// Runs in: vitest, plain Node, on the bundles in out/main.
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LocalSocket } from '../../src-main/ipc/local-socket'
import { UnderWay } from '../../src-main/lib/under-way'
import { socketPlace } from '../../src-main/public/xm-socket'
import { NodeChannels } from '../../src-main/supervisor/node'
import { columnsOf } from '../../src-main/xm/columns'
import { runProgram } from '../../src-main/xm/program'
import { oneMachine } from '../support/one-machine'
import { good } from '../support/supervised'

const NAME = '🦊 Füchse 👩‍💻'
const RENAMED = 'שרת ❤️'
const { cannot, folder, machine, kernel } = oneMachine('names')
const channels = new NodeChannels()
const place = socketPlace({ XDG_RUNTIME_DIR: folder }, '/tmp', 0)
const socket = new LocalSocket({
  place,
  servers: machine.toolstack.servers(),
  transport: (port) => channels.transport(port),
  underWay: new UnderWay(() => undefined),
})

beforeAll(async () => {
  if (cannot) return
  machine.told = (name, payload) => {
    if (['domainChanged', 'domainRemoved', 'jobChanged'].includes(name))
      Reflect.apply(socket.broadcast, socket, [name, payload])
  }
  good(await socket.listen())
})
/** What a try left, that it is not in the way of the next. */
afterEach(async () => {
  if (cannot) return
  const { domains } = machine.toolstack
  for (const { uuid, kind, domid } of domains.list()) {
    if (kind !== 'guest') continue
    if (domid !== null) await domains.destroy(uuid)
    good(await domains.undefine(uuid))
  }
  for (const name of readdirSync(folder)) if (name.endsWith('.rmsave')) rmSync(path.join(folder, name))
})
afterAll(() => socket.close())

async function xm(...line: string[]): Promise<string> {
  const [out, err] = [[] as string[], [] as string[]]
  const around = {
    place,
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    now: Date.now,
    folder,
    stdin: new PassThrough(),
    stdout: new PassThrough(),
  }
  expect(await runProgram(line, around), `${line.join(' ')}: ${err.join('\n')}`).toBe(0)
  return out.join('\n')
}

const bytesInStore = (text: string): string =>
  [...Buffer.from(text, 'utf8')]
    .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`))
    .join('')

async function storedNames(): Promise<string[]> {
  const text = good(await machine.driver.dumpStore())
  return text.split('\n').flatMap((line) => /^\/(?:local\/domain\/[1-9]\d*|vm\/[^/]+)\/name = "(.*)"/.exec(line)?.[1] ?? [])
}

describe.skipIf(cannot)('a machine with an emoji’s name', () => {
  it('goes through its whole life', { timeout: 240_000 }, async () => {
    const { toolstack } = machine
    const done = async (order: Parameters<typeof toolstack.jobs.wait>[0]) => good(await toolstack.jobs.wait(order))
    const config = path.join(folder, 'machine.cfg')
    writeFileSync(
      config,
      `name = "${NAME.normalize('NFD')}"\ntype = "pvh"\nmemory = 16\nkernel = "${kernel}"\nextra = "pulse=20"\n`,
    )
    await xm('create', config)
    const uuid = toolstack.domains.list().find(({ name }) => name === NAME)?.uuid ?? ''
    expect(machine.state(uuid)).toBe('running')
    expect(await storedNames()).toEqual([bytesInStore(NAME), bytesInStore(NAME)])
    const line = (await xm('list')).split('\n').find((each) => each.startsWith(NAME)) ?? ''
    expect(columnsOf(line.slice(0, line.search(/ +\d+ +16 /)))).toBe(columnsOf(NAME))
    expect(columnsOf(line.slice(0, line.search(/ +16 +1 /)))).toBe(46)
    // What a person writes there is UTF-8, too.
    good(await machine.driver.writeStore(`/vm/${uuid}/note`, 'für 🦊'))
    expect(good(await machine.driver.dumpStore())).toContain(`/vm/${uuid}/note = "${bytesInStore('für 🦊')}"`)
    expect(await xm('domid', NAME)).toMatch(/^\d+$/)

    await xm('pause', NAME)
    expect(machine.state(uuid)).toBe('paused')
    await xm('unpause', NAME)
    await xm('snapshot-create', NAME, '📸 “eins”')
    expect(await xm('snapshot-list', NAME)).toContain('📸 “eins”')

    const file = path.join(folder, `${NAME}.rmsave`)
    await xm('save', NAME, file)
    expect(machine.state(uuid)).toBe('shutoff')
    await xm('restore', file)
    expect(machine.state(uuid)).toBe('running')
    expect(machine.info(uuid).name).toBe(NAME)

    await xm('rename', NAME, RENAMED)
    expect(await xm('domname', await xm('domid', RENAMED))).toBe(RENAMED)
    await xm('rename', 'שרת ❤', NAME)

    await done(good(toolstack.branches.fork(uuid, `${NAME} 2`)))
    // The copy is introduced to domain 0 beside the job's end.
    await expect
      .poll(async () => (await storedNames()).sort(), { timeout: 60_000 })
      .toEqual([NAME, NAME, `${NAME} 2`, `${NAME} 2`].map(bytesInStore).sort())
    await xm('snapshot-revert', NAME, '📸 “eins”')
    await xm('destroy', `${NAME} 2`)
    await xm('destroy', NAME)
    await done(good(toolstack.branches.clone(uuid, null, '🐺', [])))
    await xm('delete', NAME)
    expect(
      toolstack.domains
        .list()
        .flatMap(({ name, kind }) => (kind === 'guest' ? [name] : []))
        .sort(),
    ).toEqual(['🐺', `${NAME} 2`].sort())
    expect(readdirSync(folder)).toContain(`${NAME}.rmsave`)
  })
})
