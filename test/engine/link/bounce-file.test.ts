// Bounce files: who may remove whose, and what the other end refuses to open. Runs in: vitest.
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { BounceFile } from '../../../src-engine/link/bounce-file'

const made: BounceFile[] = []
afterEach(() => {
  for (const file of made.splice(0)) {
    file.unlink()
    file.close()
  }
})

function make(owner: string): BounceFile {
  const file = BounceFile.make(owner, 8192)
  if (!file.ok) throw new Error(file.error)
  made.push(file.value)
  return file.value
}

it('one that its domain has not opened yet outlives another domain 0 that makes one for a domain of the same handle', () => {
  const owner = randomUUID()
  const first = make(owner)
  const second = make(owner)
  for (const { path, size } of [first, second]) {
    const opened = BounceFile.open(path, size)
    expect(opened.ok).toBe(true)
    if (opened.ok) made.push(opened.value)
  }
})

it('one that a dead domain 0 left is removed by the next one for that domain, and only for that', () => {
  const owner = randomUUID()
  const { path } = make(owner)
  const { pid } = spawnSync('true')
  const left = path.replace(`-${process.pid}-`, `-${pid}-`)
  fs.renameSync(path, left)
  make(randomUUID())
  expect(fs.existsSync(left)).toBe(true)
  make(owner)
  expect(fs.existsSync(left)).toBe(false)
})

it('a file of another name or size is not opened', () => {
  const { path, size } = make(randomUUID())
  expect(BounceFile.open(path, size * 2)).toEqual({ ok: false, error: 'not a bounce file' })
  const other = path.replace('ringmaster-bounce-', 'ringmaster-other-')
  fs.copyFileSync(path, other)
  expect(BounceFile.open(other, size)).toEqual({ ok: false, error: 'not a bounce file' })
  fs.rmSync(other)
})
