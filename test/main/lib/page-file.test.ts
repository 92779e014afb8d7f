// A page's file is found by its whole content, wherever below the session's folder it lies, and nothing else is taken for it.
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { findPageFile } from '../../../src-main/lib/page-file'

const storage = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-pages-'))
afterAll(() => rmSync(storage, { recursive: true, force: true }))

function put(name: string, content: string): string {
  const file = path.join(storage, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, content)
  return file
}

it.each(['File System/000/t/00/00000007', 'WebStorage/3/FileSystem/t/00/00000000'])('finds %s', async (name) => {
  const mark = randomUUID()
  put('File System/000/t/00/00000001', randomUUID())
  put('File System/000/t/Paths/LOG', `${mark} and more`)
  const file = put(name, mark)
  expect(await findPageFile(storage, mark)).toBe(file)
})

it('finds nothing outside of pages, behind a link, or in a folder that is not there', async () => {
  const mark = randomUUID()
  const elsewhere = put('disks/secret', mark)
  expect(await findPageFile(storage, mark)).toBeUndefined()
  symlinkSync(elsewhere, path.join(storage, 'File System/link'))
  expect(await findPageFile(storage, mark)).toBeUndefined()
  expect(await findPageFile(path.join(storage, 'none'), mark)).toBeUndefined()
})
