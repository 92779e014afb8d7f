// What is joined to a domain that comes out of a save file, which may be anybody's. Runs in: vitest.
import { expect, it } from 'vitest'
import type { PumpState } from '../../../src-engine/process/pump-state'
import { joinParts } from '../../../src-engine/process/running-domain'
import { HVM_PARAM } from '../../../src-engine/public/xen/hvm-params'
import { fakeDomain, RAM_MIB } from '../../support/fake-domain'

const nothing = new Uint8Array(0)
const state: PumpState = {
  store: { sequence: 0, events: 0, eventsWritten: 0, error: 0, partial: nothing, unanswered: [], outgoing: [] },
  console: { start: 0, history: nothing, inputReceived: 0, input: nothing },
  devices: [],
  xenstore: nothing,
}
const listener = { bell() {}, began() {}, failed() {}, stalled() {}, unstalled() {}, log() {} }

it.each([
  ['XenStore', HVM_PARAM.HVM_PARAM_STORE_PFN],
  ['the console', HVM_PARAM.HVM_PARAM_CONSOLE_PFN],
])('a domain whose page of %s is not there is refused: its ring would lie among what is ours', (_whose, missing) => {
  const { domain, wasm } = fakeDomain()
  const join = () => joinParts('h', { domain, wasm, ramBytes: RAM_MIB * 1024 * 1024 }, undefined, state, listener)
  domain.set64('HVM_PARAM', 20n, HVM_PARAM.HVM_PARAM_STORE_PFN)
  domain.set64('HVM_PARAM', 21n, HVM_PARAM.HVM_PARAM_CONSOLE_PFN)
  expect(join().ok).toBe(true)
  domain.p2m.remove(Number(domain.get64('HVM_PARAM', missing)))
  expect(join().ok).toBe(false)
})
