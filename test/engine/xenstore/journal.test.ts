// What a new domain 0 does to have the store again is bounded by work, not only by the journal's bytes: a guest whose small writes
// each meet many watches must not keep the others' domain 0 from starting. Runs in: vitest, plain Node.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { lookup } from '../../../src-engine/xenstore/tree'
import { XenStored } from '../../../src-engine/xenstore/xenstored'
import { StoreScript } from '../../support/xenstore-script'

const WATCHES = 128
const WORK = 1_000_000

/** Writes until the watches were looked at `looks` times, flushed as a link does, and the store a new domain 0 reads after it. */
function readAgain(
  looks: number,
  openTransaction: boolean,
): { readonly looks: number; readonly value: string | undefined; readonly last: string } {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'rm-journal-'))
  const script = new StoreScript(directory)
  const { daemon } = script
  // They are looked at for each write, and none of them fires: that would be most of the time.
  for (let i = 0; i < WATCHES; i++) script.ask(1, 'WATCH', `elsewhere|t${i}|`)
  if (openTransaction) script.ask(1, 'TRANSACTION_START', '|')
  let last = ''
  for (let n = 0; daemon.store.looks < looks; n++) {
    last = String(n)
    script.ask(1, 'WRITE', `data/a|${last}`)
    script.events(1)
    daemon.flush()
  }
  daemon.dispose()
  const again = new XenStored(directory, () => {})
  const found = { looks: again.store.looks, value: lookup(again.store.tree, '/local/domain/1/data/a')?.value, last }
  again.dispose()
  fs.rmSync(directory, { recursive: true })
  return found
}

it('a journal is compacted before reading it again would cost much, whatever its bytes', () => {
  const { looks, value, last } = readAgain(1.5 * WORK, false)
  expect(looks).toBeGreaterThan(0)
  expect(looks).toBeLessThan(WORK)
  expect(value).toBe(last)
})

it('an open transaction puts that off, but not for ever', () => {
  const { looks, value, last } = readAgain(4.2 * WORK, true)
  expect(looks).toBeLessThan(WORK)
  expect(value).toBe(last)
})
