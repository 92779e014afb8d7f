// What waits for a guest that does not take its frames: the frames alone, and nothing of the messages they came in with others.
import { expect, it } from 'vitest'
import { FrameWriter, NET_WINDOW, takenRecord } from '../../../../src-engine/backend/net/batch'
import { NetService } from '../../../../src-engine/backend/net/service'
import { concatBytes } from '../../../../src-engine/lib/bytes'
import { silentLog } from '../../../../src-engine/lib/log'
import { Networks } from '../../../../src-engine/net/networks'
import type { Nic } from '../../../../src-engine/public/protocol/device'
import { FakeHost } from '../../../support/fake-host'
import { ethernet, mac } from '../../../support/frames'
import { VirtualClock } from '../../../support/virtual-clock'

const nic = (index: number): Nic => ({ kind: 'vif', index, network: 'default', mac: `00:16:3e:00:00:0${index}`, forwards: [] })

function receive(service: NetService, body: Uint8Array): void {
  expect(service.receive(body, new DataView(body.buffer, body.byteOffset, body.length))).toBeUndefined()
}

it('a frame that waits keeps nothing of the batch it came in', async () => {
  const clock = new VirtualClock()
  const networks = new Networks(clock, new FakeHost())
  const [from, to] = [1, 2].map((index) => new NetService(nic(index), { handle: 'h', clock, log: silentLog }, networks))
  if (!from || !to) throw new Error('no services')
  for (const service of [from, to]) expect((await service.open()).ok).toBe(true)
  let sent: Uint8Array[] = []
  to.attach({ send: (...parts) => void sent.push(...parts), bounce: undefined })
  /** A batch of one frame for the other interface and some for nobody, which the switch drops. */
  const batch = (length: number): Uint8Array => {
    const writer = new FrameWriter()
    const frame = (target: string, size: number) =>
      writer.add({
        bytes: ethernet(mac(target), mac(nic(1).mac), 0x88b5, new Uint8Array(size)),
        checksum: 'complete',
        gsoSize: 0,
      })
    frame(nic(2).mac, length)
    while (writer.fits(1414)) frame('00:16:3e:00:00:01', 1400)
    return concatBytes(writer.take().parts)
  }
  // Until its window is full.
  for (let i = 0; i * 1400 < NET_WINDOW; i++) receive(from, batch(1400))
  await Promise.resolve()
  sent = []
  for (let i = 0; i < 100; i++) receive(from, batch(50))
  await Promise.resolve()
  expect(sent).toEqual([])
  receive(to, takenRecord(512 * 1024))
  const frames = sent.filter(({ length }) => length === 64)
  expect(frames.length).toBeGreaterThanOrEqual(100)
  const kept = new Set(frames.map(({ buffer }) => buffer))
  expect([...kept].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(frames.length * 64)
  networks.dispose()
})
