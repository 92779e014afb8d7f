// An image that cannot be opened after all: nothing it refers to stays open, or locked.
import { openSync, writeSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { createImage } from '../../../src-engine/image/create-image'
import { fail } from '../../../src-engine/image/error'
import type { OpenFile } from '../../../src-engine/image/file'
import { openNodeFile } from '../../../src-engine/image/node-file'
import { openImage } from '../../../src-engine/image/open'
import { AT } from '../../../src-engine/image/qcow2/header'
import { value } from '../../support/image-work'
import { scratch } from '../../support/qemu-img'

const place = scratch()
afterAll(place.remove)

it('an overlay whose header cannot be written lets go of the file it stands on', async () => {
  const [base, overlay] = [place.file('base.qcow2'), place.file('overlay.qcow2')]
  value(await createImage(base, { format: 'qcow2', size: 65_536 }))
  value(await createImage(overlay, { format: 'qcow2', backing: { name: 'base.qcow2', format: 'qcow2' } }))
  // It says that its bitmaps are up to date, which writing changes.
  writeSync(openSync(overlay, 'r+'), Uint8Array.of(1), 0, 1, AT.autoclear + 7)
  const open = new Set<string>()
  const openFile: OpenFile = async (path, mode) => {
    const opened = await openNodeFile(path, mode)
    if (!opened.ok) return opened
    open.add(path)
    const file = opened.value
    const close = file.close.bind(file)
    file.close = () => {
      open.delete(path)
      return close()
    }
    if (path === overlay) file.write = async () => fail('no-space', 'No room.')
    return opened
  }
  expect(await openImage(overlay, { format: 'qcow2', readonly: false }, openFile)).toMatchObject({
    error: { code: 'no-space' },
  })
  expect([...open]).toEqual([])
})
