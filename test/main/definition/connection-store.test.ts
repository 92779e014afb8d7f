// The file of connections: what was written is read again, and whatever else stands there is put aside, never written over.
// Runs in: vitest, plain Node.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ConnectionStore, localConnection } from '../../../src-main/definition/connection-store'
import type { ConnectionDefinition } from '../../../src-main/public/connection'
import { randomFrom } from '../../support/random'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringmaster-connection-store-'))
  path = join(folder, 'connections.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const second: ConnectionDefinition = {
  connection: '11111111-2222-4333-8444-555555555555',
  name: 'Second',
  driver: 'test',
  autoconnect: false,
}
const load = () => new ConnectionStore(path).load()

it('begins with the first connection alone', async () => {
  expect(await load()).toEqual({ connections: [localConnection], problem: null })
  expect(readdirSync(folder)).toEqual([])
})

it('reads what it wrote, the last of what was written at once', async () => {
  const store = new ConnectionStore(path)
  const named = { ...localConnection, name: 'Mine' }
  await Promise.all([store.put([localConnection]), store.put([named, second])])
  expect(await load()).toEqual({ connections: [named, second], problem: null })
  expect(readdirSync(folder)).toEqual(['connections.json'])
})

it('puts the first one first, and back when it is missing', async () => {
  writeFileSync(path, JSON.stringify({ version: 1, connections: [second] }))
  expect((await load()).connections).toEqual([localConnection, second])
  writeFileSync(path, JSON.stringify({ version: 1, connections: [second, localConnection] }))
  expect((await load()).connections).toEqual([localConnection, second])
})

const damaged: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['half a file', '{"version": 1, "connections": [{"conn'],
  ['no list', '{"version": 1}'],
  ['a list alone', '[]'],
  ['null', 'null'],
  ['a driver that is none', JSON.stringify({ version: 1, connections: [{ ...second, driver: 'bhyve' }] })],
  ['an identifier that is a path', JSON.stringify({ version: 1, connections: [{ ...second, connection: '../../x' }] })],
  ['one identifier twice', JSON.stringify({ version: 1, connections: [second, { ...second, name: 'Third' }] })],
  ['one without a name', JSON.stringify({ version: 1, connections: [{ ...second, name: null }] })],
  ['more than there can be', JSON.stringify({ version: 1, connections: Array.from({ length: 33 }, () => second) })],
]
for (const [what, text] of damaged) {
  it(`puts aside a file with ${what}`, async () => {
    writeFileSync(path, text)
    const { connections, problem } = await load()
    expect(connections).toEqual([localConnection])
    expect(problem?.reason).toBe('connections-corrupt')
    expect(readFileSync(problem?.values['kept'] ?? '', 'utf8')).toBe(text)
  })
}

it('puts aside a file of a newer version', async () => {
  const text = JSON.stringify({ version: 2, connections: [], more: true })
  writeFileSync(path, text)
  const { connections, problem } = await load()
  expect(connections).toEqual([localConnection])
  expect(problem?.reason).toBe('connections-newer')
  expect(readFileSync(problem?.values['kept'] ?? '', 'utf8')).toBe(text)
})

it('a file with any bytes of it changed is read as it is or put aside whole', async () => {
  const random = randomFrom(11)
  const good = JSON.stringify({ version: 1, connections: [localConnection, second] })
  let read = 0
  for (let turn = 0; turn < 300; turn++) {
    const bytes = Buffer.from(good)
    for (let change = 0; change <= random(3); change++) bytes[random(bytes.length)] = random(256)
    writeFileSync(path, bytes)
    const { connections, problem } = await load()
    expect(connections[0]?.connection).toBe(localConnection.connection)
    if (problem === null) read++
    else {
      expect(readFileSync(problem.values['kept'] ?? '').equals(bytes)).toBe(true)
      rmSync(problem.values['kept'] ?? '')
    }
  }
  expect(read).toBeLessThan(300)
})
