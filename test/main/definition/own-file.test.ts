// Files of ours that cannot be used: put aside under another name, reported, never written over. Runs in: vitest, plain Node.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { count, fields } from '../../../src-engine/public/shape'
import { type PutAside, readOwnFile, shaped } from '../../../src-main/definition/own-file'
import { errorReport } from '../../../src-main/public/error-code'

let folder = ''
let told: PutAside[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringmaster-own-file-'))
  told = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const problem = errorReport('internal', { detail: 'told' })
const read = (name = 'own.json') =>
  readOwnFile(join(folder, name), {
    version: 3,
    check: shaped(fields({ version: count, size: count }), 'own'),
    report: (aside) => {
      told.push(aside)
      return problem
    },
  })
const write = (content: string, name = 'own.json') => writeFileSync(join(folder, name), content)

it('a file that is not there is no problem, and one that is in order is its value', async () => {
  expect(await read()).toEqual({})
  write('{"version":2,"size":7}')
  expect(await read()).toEqual({ value: { version: 2, size: 7 } })
  expect(told).toEqual([])
})

it.each([
  ['no JSON', '{', 'damaged', 'it is not JSON'],
  ['another shape', '{"version":3,"size":"x"}', 'damaged', expect.stringContaining('own.size')],
  ['a newer version, whatever its shape', '{"version":4}', 'newer', 'it is of a newer version'],
])('%s is put aside as it is', async (_what, content, ending, detail) => {
  write(content)
  expect(await read()).toEqual({ problem })
  expect(told).toMatchObject([{ path: join(folder, 'own.json'), newer: ending === 'newer', detail }])
  const [kept = ''] = readdirSync(folder)
  expect(kept).toMatch(new RegExp(`^own\\.json\\.\\d+\\.${ending}$`))
  expect(told[0]?.kept).toBe(join(folder, kept))
  expect(readFileSync(join(folder, kept), 'utf8')).toBe(content)
  // Looked for again, there is none: the defaults may be stored.
  expect(await read()).toEqual({})
})

it('one that cannot be put aside is said to be there still', async () => {
  const name = `${'x'.repeat(240)}.json`
  write('{', name)
  expect(await read(name)).toMatchObject({ problem: { reason: 'file-unreadable', values: { path: join(folder, name) } } })
  expect(told).toEqual([])
  expect(readdirSync(folder)).toEqual([name])
})
