// The tree made for a domain, compared node by node with the one real Xen 4.17 made for a PVH domain (test/fixture/xen-4.17).
// Differences are listed with their reasons; any other one fails.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src-engine/lib/clock'
import { Domain0 } from '../../../src-engine/process/domain0'
import { Caller } from '../../../src-engine/public/protocol/call'
import { DOM0_CALLS, DOM0_EVENTS, type Dom0Calls, type Dom0Events } from '../../../src-engine/public/protocol/control'
import { transportPair } from '../../../src-engine/public/protocol/transport'
import { domainTree } from '../../support/xenstore-script'

/** Nodes that differ, by pattern, with the reason. */
const DIFFERENT: readonly [RegExp, string][] = [
  [/^\/(local\/domain\/2|libxl\/2)\/device\/(vbd|vif)(\/|$)/, 'the recorded guest has a disk and a network interface'],
  [/^\/local\/domain\/2\/console\/tty$/, 'a pseudo terminal of dom0; our consoles are streams to windows'],
  [/^\/local\/domain\/2\/control\/feature-(poweroff|reboot|suspend)$/, 'the running guest has written 1; empty before it runs'],
]

const FIXTURES = path.join(__dirname, '../../fixture/xen-4.17')
const UUID = '3df1db14-aeba-4780-8edb-8a187446f43a'

function lines(text: string): Map<string, string> {
  const nodes = new Map<string, string>()
  for (const line of text.split('\n')) {
    const cut = line.indexOf(' = ')
    if (cut > 0) nodes.set(line.slice(0, cut), line.slice(cut + 3).replace(/ +/g, ' '))
  }
  return nodes
}

async function ours(): Promise<Map<string, string>> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'rm-tree-'))
  const [near, far] = transportPair()
  const domain0 = new Domain0(far, systemClock, [])
  const caller = new Caller<Dom0Calls, Dom0Events>(near, DOM0_CALLS, DOM0_EVENTS, {
    log: () => {},
    storeChanged: () => {},
    link: () => {},
    device: () => {},
  })
  await caller.call('start', { journalDirectory: directory })
  const { memoryKiB, ...tree } = domainTree(2, 'pvh1')
  const { port1 } = new MessageChannel()
  const introduced = await caller.call('introduce', { ...tree, handle: UUID, memoryMiB: memoryKiB / 1024, guestDomid: 2 }, [
    port1,
  ])
  expect(introduced).toMatchObject({ ok: true })
  const dump = await caller.call('dumpStore', {})
  domain0.dispose()
  port1.close()
  fs.rmSync(directory, { recursive: true, force: true })
  if (!dump.ok) throw new Error(dump.error.message)
  return lines(dump.value.text)
}

describe('the tree of a new PVH domain', () => {
  it('is that of real Xen, with its permissions, but for the listed differences', async () => {
    const made = await ours()
    const all = lines(fs.readFileSync(path.join(FIXTURES, 'xenstore-ls-fp-full.txt'), 'utf8'))
    const recorded = new Map<string, string>()
    const mine = /^\/(local\/domain\/2|libxl\/2|local\/domain\/0\/backend\/console\/2|vm\/[0-9a-f-]+)(\/|$)/
    const vm =
      [...all].find(([at, value]) => /^\/vm\/[^/]+\/name$/.test(at) && value.startsWith('"pvh1"'))?.[0].split('/')[2] ?? ''
    for (const [at, value] of all) {
      if (!mine.test(at) || (at.startsWith('/vm/') && !at.startsWith(`/vm/${vm}`))) continue
      recorded.set(at.replace(vm, UUID), value.replace(vm, UUID))
    }
    const ignore = (at: string) => DIFFERENT.some(([form]) => form.test(at))
    const differences: string[] = []
    for (const [at, value] of recorded) {
      if (ignore(at)) continue
      const here = made.get(at)
      // Clock, pages and ports are not the recorded machine's.
      const same = /start_time$|\/port$|\/ring-ref$/.test(at)
        ? here?.replace(/^"[^"]*"/, '') === value.replace(/^"[^"]*"/, '')
        : here === value
      if (!same) differences.push(`${at}: recorded ${value}, ours ${here}`)
    }
    for (const at of made.keys()) if (mine.test(at) && !recorded.has(at) && !ignore(at)) differences.push(`${at}: only ours`)
    expect(differences).toEqual([])
    expect(recorded.size).toBeGreaterThan(60)
    for (const [form, reason] of DIFFERENT)
      expect(
        [...recorded.keys()].some((at) => form.test(at)),
        reason,
      ).toBe(true)
  })

  it('has the special nodes and the frame of the whole store', async () => {
    const made = await ours()
    for (const at of ['/@introduceDomain', '/@releaseDomain', '/local/domain/0/backend', '/vm', '/libxl']) {
      expect(made.get(at)).toBe('"" (n0)')
    }
  })
})
