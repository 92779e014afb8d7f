// Checksums left blank, super frames, and captures: compared with tshark where it is installed.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Capture, pcapHeader } from '../../../../src-engine/net/switch/capture'
import { checksum, fold, pseudoSumAt, updated } from '../../../../src-engine/net/switch/checksum'
import { type Frame, get16, get32, set16 } from '../../../../src-engine/net/switch/frame'
import { adapt, cut, offloadIsGood } from '../../../../src-engine/net/switch/offload'
import { ethernet, mac, pattern, tcp, udp } from '../../../support/frames'
import { missingProgram } from '../../../support/programs'
import { VirtualClock } from '../../../support/virtual-clock'

const A = mac('00:16:3e:00:00:0a')
const B = mac('00:16:3e:00:00:0b')
const ENDS = { source: '10.0.2.15', target: '10.0.2.16' }
const FIN_PSH_ACK_CWR = 0x99

/** As a guest leaves it: only the pseudo header is summed. */
function blank(packet: Uint8Array, protocol: number, gsoSize = 0): Frame {
  const bytes = ethernet(B, A, 0x0800, packet)
  const sumAt = 34 + (protocol === 6 ? 16 : 6)
  set16(bytes, sumAt, fold(pseudoSumAt(bytes, 14, protocol, packet.length - 20)))
  return { bytes, checksum: 'blank', gsoSize }
}

const superFrame = (length: number): Frame =>
  blank(
    tcp({ ...ENDS, id: 65535 }, { from: 80, to: 5000, sequence: 0xffff_ff00, flags: FIN_PSH_ACK_CWR }, pattern(length)),
    6,
    1448,
  )

const transportSum = ({ bytes }: Frame): number =>
  checksum(bytes, 34, bytes.length, pseudoSumAt(bytes, 14, bytes[23] ?? 0, bytes.length - 34))

describe('checksums', () => {
  it('are those of RFC 1071, whatever the length and alignment', () => {
    expect(checksum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7), 0, 8)).toBe(~0xddf2 & 0xffff)
    for (const length of [0, 1, 2, 127, 128, 129, 1000, 1001, 65535]) {
      const bytes = pattern(length + 3)
      for (const from of [0, 1, 2, 3]) {
        let sum = 0
        for (let i = 0; i < length; i++) sum += (bytes[from + i] ?? 0) << (i & 1 ? 0 : 8)
        expect(checksum(bytes, from, from + length)).toBe(~fold(sum) & 0xffff)
      }
    }
  })

  it('are updated as RFC 1624 says', () => {
    const bytes = tcp(ENDS, { from: 1, to: 2 }).slice(0, 20)
    const before = get16(bytes, 8)
    set16(bytes, 8, before - 0x100)
    const sum = updated(get16(bytes, 10), before, before - 0x100)
    set16(bytes, 10, sum)
    expect(checksum(bytes, 0, 20)).toBe(0)
  })

  it.each([
    ['TCP', blank(tcp(ENDS, { from: 80, to: 5000 }, pattern(1001)), 6)],
    ['UDP', blank(udp(ENDS, 53, 5000, pattern(100)), 17)],
  ])('left blank in %s are filled in for a receiver that wants them, in a copy', (_name, frame) => {
    const got: Frame[] = []
    const before = frame.bytes.slice()
    adapt(frame, { gso: false, blankChecksum: true }, (one) => got.push(one))
    expect(got[0]).toBe(frame)
    adapt(frame, { gso: false, blankChecksum: false }, (one) => got.push(one))
    expect(frame.bytes).toEqual(before)
    expect(got[1]?.checksum).toBe('validated')
    expect(got[1] && transportSum(got[1])).toBe(0)
  })
})

describe('a super frame', () => {
  it('is cut into segments that make up the same stream', () => {
    const segments = cut(superFrame(64000))
    expect(segments.length).toBe(45)
    let expected = 0xffff_ff00
    segments.forEach((segment, i) => {
      const last = i === 44
      const data = segment.bytes.subarray(54)
      expect(get32(segment.bytes, 38)).toBe(expected)
      expect(data.length).toBe(last ? 64000 - 44 * 1448 : 1448)
      expect(get16(segment.bytes, 18)).toBe((65535 + i) & 0xffff)
      expect(get16(segment.bytes, 16)).toBe(segment.bytes.length - 14)
      expect(checksum(segment.bytes, 14, 34)).toBe(0)
      expect(transportSum(segment)).toBe(0)
      expect(segment.bytes[47]).toBe(0x10 | (last ? 0x09 : 0) | (i === 0 ? 0x80 : 0))
      expect(data).toEqual(pattern(64000).subarray(i * 1448, i * 1448 + data.length))
      expected = (expected + data.length) >>> 0
    })
  })

  it.each([
    ['a segment size too small', { ...superFrame(4000), gsoSize: 47 }, false],
    ['the largest segments that fit in a frame', { ...superFrame(4000), gsoSize: 1460 }, true],
    ['segments larger than a frame', { ...superFrame(4000), gsoSize: 1461 }, false],
    ['no data', superFrame(0), false],
    ['SYN', { ...superFrame(4000), bytes: with8(superFrame(4000).bytes, 47, 0x02) }, false],
    ['a fragment', { ...superFrame(4000), bytes: with8(superFrame(4000).bytes, 20, 0x20) }, false],
    ['a TCP header beyond the data', { ...superFrame(10), bytes: with8(superFrame(10).bytes, 46, 0xf0) }, false],
    ['a TCP header too short', { ...superFrame(4000), bytes: with8(superFrame(4000).bytes, 46, 0x40) }, false],
    ['an IPv4 header too short', { ...superFrame(4000), bytes: with8(superFrame(4000).bytes, 14, 0x44) }, false],
    ['a length beyond the frame', { ...superFrame(4000), bytes: with8(superFrame(4000).bytes, 16, 0xff) }, false],
    ['everything right', superFrame(4000), true],
  ] satisfies [string, Frame, boolean][])('with %s is judged', (_what, frame, good) => {
    expect(offloadIsGood(frame)).toBe(good)
  })
})

function with8(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = value
  return copy
}

describe('a capture', () => {
  let dir = ''
  beforeAll(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'ringmaster-net-'))
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  class Kept {
    bytes: Uint8Array[] = []
    closed = false
    async write(bytes: Uint8Array): Promise<void> {
      this.bytes.push(bytes)
    }
    async close(): Promise<void> {
      this.closed = true
    }
  }

  it.skipIf(missingProgram('tshark'))('is read by tshark, every checksum right', async () => {
    const kept = new Kept()
    const capture = new Capture(new VirtualClock(), kept, () => {})
    const frames = [superFrame(3000), ...cut(superFrame(64000)), blank(udp(ENDS, 53, 5000, pattern(100)), 17)]
    for (const frame of frames) capture.record(frame)
    await capture.close()
    expect(kept.closed).toBe(true)
    const file = path.join(dir, 'capture.pcap')
    writeFileSync(file, Buffer.concat(kept.bytes))
    const fields = ['frame.len', 'ip.checksum.status', 'tcp.checksum.status', 'udp.checksum.status', 'frame.time_epoch']
    const options = ['ip.check_checksum', 'tcp.check_checksum', 'udp.check_checksum'].flatMap((name) => ['-o', `${name}:TRUE`])
    const read = execFileSync('tshark', ['-r', file, ...options, '-T', 'fields', ...fields.flatMap((name) => ['-e', name])], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const lines = read
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
    expect(lines.map(([length]) => Number(length))).toEqual(frames.map(({ bytes }) => bytes.length))
    // 1: good.
    expect(new Set(lines.map(([, ip, tcpSum, udpSum]) => `${ip}${tcpSum}${udpSum}`))).toEqual(new Set(['11', '11']))
    expect(Number(lines[0]?.[4])).toBe(1_700_000_000)
  })

  it('begins with its header and keeps what comes while it writes; errors are reported once', async () => {
    const reports: string[] = []
    let fail = false
    const written: Uint8Array[] = []
    const capture = new Capture(
      new VirtualClock(),
      {
        write: async (bytes) => {
          if (fail) throw new Error('ENOSPC')
          written.push(bytes)
        },
        close: async () => {},
      },
      (text) => reports.push(text),
    )
    capture.record(superFrame(100))
    await expect.poll(() => written.length).toBe(2)
    expect(written[0]).toEqual(pcapHeader())
    fail = true
    capture.record(superFrame(100))
    await expect.poll(() => reports.length).toBe(1)
    capture.record(superFrame(100))
    await capture.close()
    expect(reports).toEqual(['Error: ENOSPC'])
  })

  it('leaves out and counts what a slow file cannot take', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const capture = new Capture(new VirtualClock(), { write: () => held, close: async () => {} }, () => {})
    await Promise.resolve()
    for (let i = 0; i < 100; i++) capture.record(superFrame(64000))
    expect(capture.dropped).toBeGreaterThan(30)
    release()
    await capture.close()
  })
})
