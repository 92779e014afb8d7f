// Pump state in a save file: read back as written, and never believed when it is damaged.
import { describe, expect, it } from 'vitest'
import { decodePumpState, encodePumpState, type PumpState } from '../../../src-engine/process/pump-state'
import { TestGuest } from '../../support/guest-rings'
import { handleOf, request } from '../../support/xenstore-script'

function state(): PumpState {
  const guest = new TestGuest(handleOf(1))
  guest.store.connect({ request: () => {}, acknowledge: () => {} })
  for (let i = 0; i < 5; i++) guest.requests.write(request(2, `n${i}|`))
  guest.requests.write(request(2, 'half|').subarray(0, 9))
  guest.store.poke()
  guest.store.reply(1, request(2, 'x'.repeat(1500)))
  guest.store.event(1, request(15, 'p|t|'))
  guest.print('history')
  const devices = [
    { connect: '{"key":"vbd/51712"}', state: new Uint8Array([9, 8]) },
    { connect: '{}', state: new Uint8Array(0) },
  ]
  return { store: guest.store.save(), console: guest.console.save(), devices, xenstore: new Uint8Array([1, 2, 3]) }
}

describe('pump state', () => {
  it('is read back as it was written', () => {
    const saved = state()
    expect(saved.store.unanswered.length).toBe(4)
    expect(decodePumpState(encodePumpState(saved))).toEqual({ ok: true, value: saved })
  })

  it('that is cut off or has a changed byte is refused or still well-formed, and never throws', () => {
    const encoded = encodePumpState(state())
    for (let length = 0; length < encoded.length; length += 7)
      expect(decodePumpState(encoded.subarray(0, length)).ok).toBe(false)
    for (let at = 0; at < encoded.length; at += 3) {
      const damaged = encoded.slice()
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
      const decoded = decodePumpState(damaged)
      if (decoded.ok) new TestGuest(handleOf(1)).store.load(decoded.value.store)
    }
  })
})
