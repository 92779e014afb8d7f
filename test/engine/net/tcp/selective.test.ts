// Selective acknowledgement: what RFC 2018 says of its options and RFC 6675 of the recovery that stands on them, as rows; and the
// scoreboard beside RFC 6675's words taken octet by octet.
import { describe, expect, it } from 'vitest'
import { parseIpv4, writeIpv4 } from '../../../../src-engine/net/ip/ipv4'
import { Scoreboard } from '../../../../src-engine/net/tcp/scoreboard'
import { headerLength, parseTcp, plus, type TcpHeader, writeTcp } from '../../../../src-engine/net/tcp/segment'
import { pattern } from '../../../support/frames'
import { randomFrom } from '../../../support/random'
import { TcpScript } from '../../../support/tcp-script'
import { count } from '../../../support/tier'

const selective = (): TcpScript => new TcpScript().passive({ mss: 1000, sackPermitted: true })

describe('the options (RFC 2018)', () => {
  it('are permitted in our SYN, and in the answer to a SYN that permits them', () => {
    const asking = new TcpScript()
    asking.connection.open()
    expect(asking.texts()).toEqual(['S 0:0 mss 1460 ws 6 sack permitted'])
    for (const sackPermitted of [true, undefined]) {
      const asked = new TcpScript()
      const syn = { sequence: 0x7fff_fff8, acknowledgement: 0, flags: 2, window: 1000, data: pattern(0), mss: 1400, scale: 7 }
      asked.connection.wait({ ...syn, sackPermitted })
      asked.connection.accept()
      expect(asked.texts()).toEqual([`S. 0:0 ack 1 mss 1460 ws 6${sackPermitted ? ' sack permitted' : ''}`])
    }
  })

  it('go through a header', () => {
    const headers: TcpHeader[] = [
      { sequence: 1, acknowledgement: 0, flags: 2, window: 9, mss: 1460, scale: 6, sackPermitted: true },
      { sequence: 1, acknowledgement: 7, flags: 16, window: 9, sack: [{ from: 0xffff_fff0, to: 5 }] },
      { sequence: 1, acknowledgement: 7, flags: 16, window: 9, sack: [9, 30, 50, 70].map((from) => ({ from, to: from + 7 })) },
    ]
    for (const header of headers) {
      const size = headerLength(header)
      const bytes = new Uint8Array(20 + size)
      writeIpv4(bytes, 0, { source: 1, target: 2, protocol: 6, length: size })
      writeTcp(bytes, 20, { source: 1, sourcePort: 3, target: 2, targetPort: 4 }, header, undefined, 0, 0)
      const packet = parseIpv4(bytes, 0, true)
      if (typeof packet === 'string') throw new Error(packet)
      expect(parseTcp(packet)).toMatchObject({ ...header, data: new Uint8Array(0) })
      for (let length = 0; length < 256; length++) {
        bytes[43] = length
        const read = parseTcp(packet)
        for (const { from, to } of read?.sack ?? []) expect([from >>> 0, to >>> 0]).toEqual([from, to])
      }
    }
  })

  it('tell what came early: the block with the latest first, then the highest, four at most (section 4)', () => {
    const s = selective()
    const early = (from: number, length = 10): string[] => s.from('.', from, 1, { data: pattern(length) }).texts()
    expect(early(101)).toEqual(['. 1:1 ack 1 sack 101:111'])
    expect(early(201)).toEqual(['. 1:1 ack 1 sack 201:211 sack 101:111'])
    expect(early(111)).toEqual(['. 1:1 ack 1 sack 101:121 sack 201:211'])
    expect(early(301)).toEqual(['. 1:1 ack 1 sack 301:311 sack 201:211 sack 101:121'])
    expect(early(401)).toEqual(['. 1:1 ack 1 sack 401:411 sack 301:311 sack 201:211 sack 101:121'])
    expect(early(51)).toEqual(['. 1:1 ack 1 sack 51:61 sack 401:411 sack 301:311 sack 201:211'])
    expect(early(1, 50)).toEqual(['. 1:1 ack 61 sack 401:411 sack 301:311 sack 201:211 sack 101:121'])
    expect(early(61, 400)).toEqual(['. 1:1 ack 461'])
  })

  it('are not used with a peer that did not permit them', () => {
    const s = new TcpScript().passive({ mss: 1000 })
    expect(s.from('.', 101, 1, { data: pattern(10) }).texts()).toEqual(['. 1:1 ack 1'])
    s.connection.send(pattern(10_000))
    s.sent()
    expect(s.from('.', 111, 1, { sack: [[3001, 10_001]] }).texts()).toEqual([])
  })
})

describe('recovery (RFC 6675)', () => {
  it('sends again what is lost and nothing else, then goes on with half the window', () => {
    const s = selective()
    s.connection.send(pattern(10_000))
    s.sent()
    const sack = [
      [5001, 10_001],
      [1001, 4001],
    ] as const
    expect(s.from('.', 1, 1, { sack }).texts()).toEqual(['. 1:1001 ack 1', '. 4001:5001 ack 1'])
    expect(s.from('.', 1, 4001, { sack: [[5001, 10_001]] }).texts()).toEqual([])
    s.from('.', 1, 10_001)
    s.connection.send(pattern(20_000))
    expect(s.texts()).toEqual(['. 10001:15001 ack 1'])
  })

  it('begins with the third segment, or with more than two of them, beyond the hole', () => {
    const s = selective()
    s.connection.send(pattern(10_000))
    s.sent()
    expect(s.from('.', 1, 1, { sack: [[1001, 2001]] }).texts()).toEqual([])
    expect(s.from('.', 1, 1, { sack: [[1001, 2001]] }).texts()).toEqual([])
    expect(s.from('.', 1, 1, { sack: [[1001, 3001]] }).texts()).toEqual([])
    expect(s.from('.', 1, 1, { sack: [[1001, 3002]] }).texts()).toEqual(['. 1:1001 ack 1'])
    const small = selective()
    small.connection.send(pattern(10_000))
    small.sent()
    for (const end of [1002, 1003]) expect(small.from('.', 1, 1, { sack: [[1001, end]] }).texts()).toEqual([])
    expect(small.from('.', 1, 1, { sack: [[1001, 1004]] }).texts()).toEqual(['. 1:1001 ack 1'])
  })

  it('has no more on the way than the window: what is lost first, then what is new', () => {
    const s = selective()
    s.connection.send(pattern(30_000))
    expect(s.texts()).toEqual(['. 1:10001 ack 1'])
    // 4000 of 10,000 are on the way, and the window is 5000 now.
    expect(s.from('.', 1, 1, { sack: [[2001, 6001]] }).texts()).toEqual(['. 1:1001 ack 1'])
    expect(s.from('.', 1, 1, { sack: [[2001, 8001]] }).texts()).toEqual(['. 1001:2001 ack 1', '. 10001:11001 ack 1'])
  })

  it('takes the next hole of a partial acknowledgement, with nothing known beyond it', () => {
    const s = selective()
    s.connection.send(pattern(10_000))
    s.sent()
    expect(s.from('.', 1, 1, { sack: [[1001, 9001]] }).texts()).toEqual(['. 1:1001 ack 1'])
    expect(s.from('.', 1, 9001).texts()).toEqual(['. 9001:10001 ack 1'])
  })

  it('is not begun by blocks that make no sense', () => {
    const s = selective()
    s.connection.send(pattern(10_000))
    s.sent()
    for (const block of [
      [10_001, 20_001],
      [9001, 10_002],
      [1, 5001],
      [-5000, 5001],
      [8001, 3001],
      [5001, 5001],
    ] as const) {
      expect(s.from('.', 1, 1, { sack: [block] }).texts()).toEqual([])
    }
  })

  it('forgets at a timeout what the peer has told: it may have thrown it away (RFC 2018 section 8)', () => {
    const s = selective()
    s.connection.send(pattern(4000))
    s.sent()
    s.from('.', 1, 1, { sack: [[1001, 2001]] })
    s.untilSent()
    expect(s.texts()).toEqual(['. 1:1001 ack 1'])
    expect(s.from('.', 1, 1001).texts()).toEqual(['. 1001:3001 ack 1'])
  })
})

it('the scoreboard says what RFC 6675 says octet by octet', () => {
  const random = randomFrom(6675)
  for (let round = 0; round < count(200, 5000); round++) {
    const base = plus(0xffff_ff80, random(200))
    const mss = 1 + random(8)
    const size = 100 + random(100)
    const board = new Scoreboard()
    const has: boolean[] = []
    let una = 0
    let repaired = 0
    board.begin(base)
    const lost = (octet: number): boolean => {
      let bytes = 0
      let runs = 0
      for (let at = octet + 1; at < size; at++) {
        if (!has[at]) continue
        bytes++
        if (!has[at - 1] || at === octet + 1) runs++
      }
      return runs >= 3 || bytes > 2 * mss
    }
    for (let step = 0; step < 30; step++) {
      if (random(6) === 0) {
        una = Math.min(size, una + random(30))
        while (has[una]) una++
        board.update(plus(base, una), plus(base, size), [])
      } else {
        const from = una + 1 + random(size - una)
        const to = Math.min(size, from + random(20))
        const news = to > from && Array.from({ length: to - from }, (_, i) => !has[from + i]).includes(true)
        const block = { from: plus(base, from), to: plus(base, to) }
        expect(board.update(plus(base, una), plus(base, size), [block])).toBe(news)
        for (let at = from; at < to; at++) has[at] = true
      }
      let pipe = 0
      let next: number | undefined
      const highest = has.lastIndexOf(true)
      for (let at = una; at < size; at++) {
        if (has[at]) continue
        if (!lost(at) || at < repaired) pipe++
        if (at >= repaired && at < highest && lost(at)) next ??= at
      }
      expect(board.pipe(plus(base, una), plus(base, size), mss)).toBe(pipe)
      const hole = board.next(plus(base, una), mss, false)
      expect(hole?.from).toBe(next === undefined ? undefined : plus(base, next))
      if (hole && next !== undefined && random(2) === 0) {
        repaired = next + 1
        board.sentAgain(plus(base, repaired))
      }
    }
  }
})
