// The nodes of a disk, compared with those real Xen 4.17 made for a PVH domain's (test/fixture/xen-4.17): values and permissions.
// Differences are listed with their reasons; any other one fails.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { blkRow } from '../../../src-engine/backend/blk/row'
import { xenbusStep } from '../../../src-engine/backend/xenbus'
import { openMerging } from '../../../src-engine/image/merging-image'
import { openImage } from '../../../src-engine/image/open'
import { systemClock } from '../../../src-engine/lib/clock'
import { Domain0 } from '../../../src-engine/process/domain0'
import { Caller } from '../../../src-engine/public/protocol/call'
import { DOM0_CALLS, DOM0_EVENTS, type Dom0Calls, type Dom0Events } from '../../../src-engine/public/protocol/control'
import { transportPair } from '../../../src-engine/public/protocol/transport'
import { domainTree } from '../../support/xenstore-script'

/** Nodes that differ, by pattern, with the reason. */
const DIFFERENT: readonly [RegExp, string][] = [
  [/\/(node|physical-device|physical-device-path|script|hotplug-status)$/, "a block device and scripts of dom0's Linux"],
  [/^\/local\/domain\/0\/backend\/.*\/(sectors|sector-size|physical-sector-size|info)$/, 'written when the frontend connects'],
  [/^\/local\/domain\/(0\/backend|2\/device)\/.*\/state$/, 'the recorded guest is running'],
  [/\/device\/vbd\/51712\/(ring-ref|event-channel)$/, 'written by the driver'],
  [/\/feature-persistent$/, 'grants are not kept mapped: data is copied either way'],
]

function lines(text: string): Map<string, string> {
  const nodes = new Map<string, string>()
  for (const line of text.split('\n')) {
    const cut = line.indexOf(' = ')
    if (cut > 0) nodes.set(line.slice(0, cut), line.slice(cut + 3).replace(/ +/g, ' '))
  }
  return nodes
}

const MINE = /^\/(local\/domain\/2\/device\/vbd|libxl\/2\/device\/vbd|local\/domain\/0\/backend\/vbd\/2)(\/|$)/

describe('the tree of a disk', () => {
  it('is that of real Xen, with its permissions, but for the listed differences', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'rm-tree-'))
    const image = path.join(directory, 'disk')
    fs.writeFileSync(image, '')
    fs.truncateSync(image, 64 * 1024 * 1024)
    const [near, far] = transportPair()
    const domain0 = new Domain0(far, systemClock, [
      blkRow({
        open: (_path, options) => openImage(image, options),
        merge: (_path, options) => openMerging(image, options),
      }),
    ])
    const quiet = { log: () => {}, storeChanged: () => {}, link: () => {}, device: () => {} }
    const caller = new Caller<Dom0Calls, Dom0Events>(near, DOM0_CALLS, DOM0_EVENTS, quiet)
    await caller.call('start', { journalDirectory: directory })
    const { memoryKiB, ...tree } = domainTree(2, 'pvh1')
    const { port1 } = new MessageChannel()
    const disk = {
      kind: 'vbd',
      dev: 'xvda',
      path: '/root/g/disk2.img',
      format: 'raw',
      readonly: false,
      removable: false,
    } as const
    const introduction = { ...tree, memoryMiB: memoryKiB / 1024, guestDomid: 2, devices: [disk] }
    expect(await caller.call('introduce', introduction, [port1])).toMatchObject({ ok: true })
    const dump = await caller.call('dumpStore', {})
    await domain0.dispose()
    port1.close()
    fs.rmSync(directory, { recursive: true, force: true })
    if (!dump.ok) throw new Error(dump.error.message)

    const ours = new Map([...lines(dump.value.text)].filter(([at]) => MINE.test(at)))
    const fixture = path.join(__dirname, '../../fixture/xen-4.17/xenstore-ls-fp-full.txt')
    const recorded = new Map([...lines(fs.readFileSync(fixture, 'utf8'))].filter(([at]) => MINE.test(at)))
    expect(recorded.size).toBeGreaterThan(50)
    const ignored = (at: string) => DIFFERENT.some(([form]) => form.test(at))
    const differences: string[] = []
    for (const at of new Set([...recorded.keys(), ...ours.keys()])) {
      if (ignored(at) || recorded.get(at) === ours.get(at)) continue
      differences.push(`${at}: recorded ${recorded.get(at)}, ours ${ours.get(at)}`)
    }
    expect(differences).toEqual([])
    const of = (at: string) => ours.get(`/local/domain/0/backend/vbd/2/51712/${at}`)
    expect(of('state')).toBe('"2" (n0,r2)')
  })
})

describe('the table of xenbus states', () => {
  it.each([
    [1, 1, true, 'wait'],
    [2, 1, true, 'wait'],
    [2, 3, true, 'connect'],
    [2, 4, true, 'connect'],
    [4, 4, true, 'wait'],
    [4, 5, true, 'follow'],
    [5, 6, true, 'close'],
    [6, 1, true, 'again'],
    [4, 1, true, 'again'],
    [4, 0, true, 'close'],
    [6, 1, false, 'wait'],
    [4, 4, false, 'follow'],
    [5, 4, false, 'wait'],
    [5, 6, false, 'close'],
    [4, 6, false, 'close'],
    [4, 0, false, 'close'],
    [2, 1, false, 'follow'],
    [2, 3, false, 'follow'],
    [4, 3, false, 'follow'],
    [5, 1, false, 'wait'],
    [5, 3, false, 'wait'],
  ] as const)('backend in %i sees frontend in %i, online %s: %s', (backend, frontend, online, step) => {
    expect(xenbusStep(backend, frontend, online, true)).toBe(step)
  })

  it.each([
    [2, 1, 'close'],
    [2, 3, 'close'],
    [2, 4, 'close'],
    [5, 1, 'close'],
    [5, 3, 'close'],
    [4, 4, 'follow'],
    [5, 4, 'wait'],
  ] as const)('backend in %i that is taken away sees frontend in %i that nothing drives: %s', (backend, frontend, step) => {
    expect(xenbusStep(backend, frontend, false, false)).toBe(step)
  })
})
