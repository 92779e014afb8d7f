// The rules of RFC 9293, 6298, 5681, 5961 and 1122 as rows: what the peer sends, what we answer. Numbers are relative to each
// side's initial sequence number; both wrap early in the stream.
import { describe, expect, it } from 'vitest'
import { RECEIVE_BUFFER, TIME_WAIT_MS } from '../../../../src-engine/net/tcp/connection'
import { KEEP_ALIVE_MS } from '../../../../src-engine/net/tcp/keep-alive'
import { DELAYED_ACK_MS } from '../../../../src-engine/net/tcp/receiver'
import { GIVE_UP_MS, GIVE_UP_SYN_MS } from '../../../../src-engine/net/tcp/sender'
import { pattern } from '../../../support/frames'
import { TcpScript } from '../../../support/tcp-script'

const bytes = (length: number): Uint8Array => pattern(length)

describe('opening', () => {
  it('by the peer: SYN, SYN and ACK with MSS and window scale, ACK', () => {
    const s = new TcpScript()
    s.connection.wait({
      sequence: 0x7fff_fff8,
      acknowledgement: 0,
      flags: 2,
      window: 1000,
      data: bytes(0),
      mss: 1400,
      scale: 7,
    })
    expect(s.texts()).toEqual([])
    s.connection.accept()
    const [answer] = s.sent()
    expect(answer?.text).toBe('S. 0:0 ack 1 mss 1460 ws 6')
    // RFC 7323 section 2.2: the window of a SYN is not scaled.
    expect(answer?.window).toBe(65535)
    s.from('.', 1, 1)
    expect([s.connection.state, s.log]).toEqual(['ESTABLISHED', ['established']])
    expect(s.texts()).toEqual([])
  })

  it('without the option there is no scaling, and a window of at most 65535', () => {
    const s = new TcpScript()
    s.connection.wait({
      sequence: 0x7fff_fff8,
      acknowledgement: 0,
      flags: 2,
      window: 1000,
      data: bytes(0),
      mss: undefined,
      scale: undefined,
    })
    s.connection.accept()
    expect(s.texts()).toEqual(['S. 0:0 ack 1 mss 1460'])
    s.from('P.', 1, 1, { data: bytes(100) })
    s.clock.advance(DELAYED_ACK_MS)
    expect(s.sent()[0]?.window).toBe(65535 - 100)
    s.connection.send(bytes(2000))
    // RFC 9293 section 3.7.1: 536 without the option.
    expect(s.sent()[0]?.mss).toBe(536)
  })

  it('by us: SYN, then data at once', () => {
    const s = new TcpScript()
    s.connection.open()
    s.connection.send(bytes(10))
    expect(s.texts()).toEqual(['S 0:0 mss 1460 ws 6 sack permitted'])
    s.from('S.', 0, 1, { mss: 1460, scale: 7 })
    expect(s.texts()).toEqual(['P. 1:11 ack 1'])
    expect(s.connection.state).toBe('ESTABLISHED')
  })

  it('by both at once (section 3.5, figure 7)', () => {
    const s = new TcpScript()
    s.connection.open()
    s.from('S', 0, undefined, { mss: 1460 })
    expect(s.texts()).toEqual(['S 0:0 mss 1460 ws 6 sack permitted', 'S. 0:0 ack 1 mss 1460'])
    s.from('S.', 0, 1)
    s.from('.', 1, 1)
    expect(s.connection.state).toBe('ESTABLISHED')
  })

  it.each([
    ['SYN-SENT: RST that acknowledges our SYN: refused', 'R.', 0, 1, ['closed refused'], []],
    ['SYN-SENT: RST without an acknowledgement: ignored', 'R', 0, undefined, [], []],
    ['SYN-SENT: RST that acknowledges something else: ignored', 'R.', 0, 7, [], []],
    ['SYN-SENT: ACK of what was not sent: RST', '.', 0, 7, [], ['R 7:7']],
    ['SYN-SENT: SYN that acknowledges something else: RST', 'S.', 0, 7, [], ['R 7:7']],
    ['SYN-SENT: ACK alone: ignored', '.', 0, 1, [], []],
  ] as const)('%s', (_rule, flags, sequence, ack, log, answers) => {
    const s = new TcpScript()
    s.connection.open()
    s.sent()
    s.from(flags, sequence, ack)
    expect(s.log).toEqual(log)
    expect(s.texts()).toEqual(answers)
  })

  it('SYN is sent again at 1, 3, 7, ... seconds and given up after R2 (MUST-23: 3 minutes)', () => {
    const s = new TcpScript()
    s.connection.open()
    s.sent()
    const start = s.clock.now()
    const times: number[] = []
    while (s.connection.state === 'SYN-SENT') {
      s.clock.advance(100)
      for (const _ of s.sent()) times.push(s.clock.now() - start)
    }
    expect(times.slice(0, 6)).toEqual([1000, 3000, 7000, 15000, 31000, 63000])
    expect(s.log).toEqual(['closed timeout'])
    expect(s.clock.now() - start).toBeGreaterThanOrEqual(GIVE_UP_SYN_MS)
    expect(s.clock.pending).toBe(0)
  })

  it('a repeated SYN gets the answer again; one refused before the answer gets RST', () => {
    const s = new TcpScript()
    const syn = { sequence: 0x7fff_fff8, acknowledgement: 0, flags: 2, window: 1000, data: bytes(0), mss: 1400, scale: 7 }
    s.connection.wait(syn)
    s.from('S', 0)
    expect(s.texts()).toEqual([])
    s.connection.accept()
    s.from('S', 0)
    expect(s.texts()).toEqual(['S. 0:0 ack 1 mss 1460 ws 6', 'S. 0:0 ack 1 mss 1460 ws 6'])
    const refused = new TcpScript()
    refused.connection.wait(syn)
    refused.connection.abort()
    expect(refused.texts()).toEqual(['R. 16:16 ack 1'])
  })

  it('SYN-RECEIVED: ACK of what was not sent: RST with its number', () => {
    const s = new TcpScript()
    s.connection.wait({
      sequence: 0x7fff_fff8,
      acknowledgement: 0,
      flags: 2,
      window: 1000,
      data: bytes(0),
      mss: 1400,
      scale: 7,
    })
    s.connection.accept()
    s.sent()
    s.from('.', 1, 5)
    expect(s.texts()).toEqual(['R 5:5'])
    expect(s.connection.state).toBe('SYN-RECEIVED')
  })
})

describe('receiving', () => {
  it('acknowledges every second full segment at once, the last after a delay below 500 ms', () => {
    const s = new TcpScript().passive()
    s.from('.', 1, 1, { data: bytes(1460) })
    expect(s.texts()).toEqual([])
    s.from('.', 1461, 1, { data: bytes(1460) })
    expect(s.texts()).toEqual(['. 1:1 ack 2921'])
    s.from('P.', 2921, 1, { data: bytes(5) })
    expect(s.texts()).toEqual([])
    s.clock.advance(DELAYED_ACK_MS)
    expect(s.texts()).toEqual(['. 1:1 ack 2926'])
    expect(DELAYED_ACK_MS).toBeLessThan(500)
  })

  it('puts early segments in place and says at once what is missing', () => {
    const s = new TcpScript().passive()
    s.from('.', 11, 1, { data: pattern(10, 10) })
    s.from('.', 31, 1, { data: pattern(10, 30) })
    s.from('.', 21, 1, { data: pattern(10, 20) })
    expect(s.texts()).toEqual(['. 1:1 ack 1', '. 1:1 ack 1', '. 1:1 ack 1'])
    expect(s.got).toEqual([])
    s.from('.', 1, 1, { data: pattern(10) })
    expect(s.texts()).toEqual(['. 1:1 ack 41'])
    expect(Uint8Array.from(s.got)).toEqual(pattern(40))
  })

  it('takes each byte once, however segments overlap', () => {
    const s = new TcpScript().passive()
    s.from('.', 6, 1, { data: pattern(10, 5) })
    s.from('.', 4, 1, { data: pattern(20, 3) })
    s.from('.', 1, 1, { data: pattern(8) })
    s.from('.', 1, 1, { data: pattern(8) })
    s.from('.', 20, 1, { data: pattern(10, 19) })
    expect(Uint8Array.from(s.got)).toEqual(pattern(29))
  })

  it.each([
    ['data before the window', 'P.', -10, 1, 5, ['. 1:1 ack 1']],
    ['data beyond the window', 'P.', 1 + RECEIVE_BUFFER, 1, 5, ['. 1:1 ack 1']],
    ['no data, beyond the window', '.', 1 + RECEIVE_BUFFER, 1, 0, ['. 1:1 ack 1']],
    ['no ACK', 'P', 1, undefined, 5, []],
    ['ACK of what was never sent (RFC 5961 section 5)', 'P.', 1, 1000, 5, ['. 1:1 ack 1']],
  ] as const)('%s is dropped', (_what, flags, sequence, ack, length, answers) => {
    const s = new TcpScript().passive({ mss: 1000, scale: 7 })
    s.from(flags, sequence, ack, { data: bytes(length) })
    expect(s.texts()).toEqual(answers)
    expect(s.got).toEqual([])
  })

  it('closes the window when its user is slow, and opens it in steps worth a segment', () => {
    const s = new TcpScript().passive()
    s.consuming = false
    for (let at = 0; at < 65535; at += 1457) s.from('.', 1 + at, 1, { data: bytes(Math.min(1457, 65535 - at)) })
    expect(s.sent().at(-1)?.window).toBeLessThan(1460)
    s.clock.advance(100)
    const last = s.got.length
    s.from('.', 1 + last, 1, { data: bytes(1) })
    expect(s.got.length).toBe(last)
    expect(s.sent().at(-1)?.window).toBe(0)
    s.connection.consumed(1000)
    expect(s.texts()).toEqual([])
    s.connection.consumed(2000)
    expect(s.sent().map(({ window }) => window)).toEqual([3000])
  })

  it('with the window closed still minds RST, ACK and a FIN in place', () => {
    const s = new TcpScript().passive()
    s.consuming = false
    for (let at = 0; at < 65535; at += 1000) s.from('.', 1 + at, 1, { data: bytes(Math.min(1000, 65535 - at)) })
    s.connection.send(bytes(10))
    s.sent()
    s.from('.', 65536, 11)
    expect(s.connection.queued).toBe(0)
    s.from('R', 65536)
    expect(s.log).toEqual(['closed reset'])
  })

  it('keeps at most so many early pieces', () => {
    const s = new TcpScript().passive({ mss: 1000, scale: 7 })
    for (let i = 0; i < 2000; i++) s.from('.', 3 + 2 * i, 1, { data: bytes(1) })
    s.from('.', 1, 1, { data: bytes(1) })
    expect(s.got.length).toBe(1)
    s.from('.', 2, 1, { data: bytes(1) })
    expect(s.got.length).toBe(3)
  })
})

describe('sending', () => {
  it('fills the peer’s window and no more, in one super frame of whole segments', () => {
    const s = new TcpScript().passive({ mss: 1000, window: 3500 })
    s.connection.send(bytes(10_000))
    expect(s.texts()).toEqual(['. 1:3001 ack 1'])
    // Half of the largest window is worth sending (section 3.8.6.2.1), less is not.
    s.from('.', 1, 3001, { window: 400 })
    expect(s.texts()).toEqual([])
    s.from('.', 1, 3001, { window: 1000 })
    expect(s.texts()).toEqual(['. 3001:4001 ack 1'])
  })

  it('what the user sends on hearing of an acknowledgement meets the window that came with it', () => {
    const s = new TcpScript().passive({ mss: 1000, window: 4000 })
    s.whenDrained = () => s.connection.send(bytes(4000))
    s.connection.send(bytes(4000))
    s.sent()
    s.from('.', 1, 4001, { window: 2000 })
    expect(s.texts()).toEqual(['. 4001:6001 ack 1'])
  })

  it('scales the windows of the peer, but not that of its SYN', () => {
    const s = new TcpScript()
    s.connection.wait({
      sequence: 0x7fff_fff8,
      acknowledgement: 0,
      flags: 2,
      window: 1000,
      data: bytes(0),
      mss: 1000,
      scale: 3,
    })
    s.connection.accept()
    s.from('.', 1, 1, { window: 250 })
    s.sent()
    s.connection.send(bytes(10_000))
    expect(s.sent().reduce((sum, { data }) => sum + data.length, 0)).toBe(2000)
  })

  it('starts slowly, then doubles (RFC 5681, initial window of RFC 6928)', () => {
    const s = new TcpScript().passive({ mss: 1000, scale: 7 })
    s.from('.', 1, 1, { window: 60_000 })
    s.connection.send(bytes(200_000))
    const rounds: number[] = []
    let next = 1
    for (let i = 0; i < 4; i++) {
      const length = s.sent().reduce((sum, { data }) => sum + data.length, 0)
      rounds.push(length)
      next += length
      s.clock.advance(10)
      s.from('.', 1, next, { window: 60_000 })
    }
    expect(rounds).toEqual([10_000, 20_000, 40_000, 80_000])
  })

  it('sends again after RTO, one second at first, doubled each time, and gives up after R2', () => {
    const s = new TcpScript().passive({ mss: 1000 })
    s.connection.send(bytes(100))
    s.sent()
    const start = s.clock.now()
    const times: number[] = []
    while (s.connection.state === 'ESTABLISHED') {
      s.clock.advance(100)
      for (const { text } of s.sent()) if (text.startsWith('P.')) times.push(s.clock.now() - start)
    }
    expect(times.slice(0, 5)).toEqual([1000, 3000, 7000, 15000, 31000])
    expect(s.clock.now() - start).toBeGreaterThanOrEqual(GIVE_UP_MS)
    expect(s.log).toEqual(['closed timeout'])
    expect(s.clock.pending).toBe(0)
  })

  it('RTO follows the measured round trip (RFC 6298 section 2), not that of what was sent twice (Karn)', () => {
    const s = new TcpScript().passive({ mss: 1000 })
    let at = 1
    const turn = (milliseconds: number): void => {
      s.connection.send(bytes(10))
      s.clock.advance(milliseconds)
      at += 10
      s.from('.', 1, at)
      s.sent()
    }
    for (let i = 0; i < 3; i++) turn(900)
    s.connection.send(bytes(10))
    s.sent()
    const before = s.untilSent()
    expect(before).toBeGreaterThanOrEqual(1000)
    expect(before).toBeLessThanOrEqual(900 + 4 * 900)
    expect(s.texts()).toEqual([`P. ${at}:${at + 10} ack 1`])
    // Acknowledged late: no sample, the doubled timeout stays for the next.
    s.clock.advance(5)
    at += 10
    s.from('.', 1, at)
    s.connection.send(bytes(10))
    s.sent()
    expect(s.untilSent()).toBe(2 * before)
  })

  it('the third duplicate acknowledgement sends the missing segment again at once (RFC 5681 section 3.2)', () => {
    const s = new TcpScript().passive({ mss: 1000 })
    s.connection.send(bytes(5000))
    s.sent()
    s.from('.', 1, 1)
    s.from('.', 1, 1)
    expect(s.texts()).toEqual([])
    s.from('.', 1, 1)
    expect(s.texts()).toEqual(['. 1:1001 ack 1'])
    // A partial acknowledgement: the next hole (RFC 6582).
    s.from('.', 1, 2001)
    expect(s.texts()).toContain('. 2001:3001 ack 1')
    s.from('.', 1, 5001)
    expect(s.connection.queued).toBe(0)
  })

  it('what carries data, or another window, is no duplicate acknowledgement', () => {
    const s = new TcpScript().passive({ mss: 1000 })
    s.connection.send(bytes(5000))
    s.sent()
    for (let i = 0; i < 5; i++) s.from('.', 1, 1, { window: 65000 - i })
    for (let i = 0; i < 5; i++) s.from('.', 1 + i, 1, { data: bytes(1) })
    expect(s.texts().filter((text) => text.startsWith('. 1:1001'))).toEqual([])
  })

  it('an old segment does not change the window (section 3.10.7.4)', () => {
    const s = new TcpScript().passive({ mss: 1000 })
    s.from('.', 11, 1, { data: pattern(10, 10), window: 5000 })
    s.from('.', 1, 1, { data: pattern(10), window: 0 })
    s.sent()
    s.connection.send(bytes(100))
    expect(s.texts()).toEqual(['P. 1:101 ack 21'])
  })

  it('probes a closed window with one byte, for ever as long as it is answered (section 3.8.6.1)', () => {
    const s = new TcpScript().passive({ mss: 1000 })
    s.from('.', 1, 1, { window: 0 })
    s.connection.send(bytes(500))
    expect(s.texts()).toEqual([])
    for (let i = 0; i < 30; i++) {
      s.untilSent()
      expect(s.texts()).toEqual(['. 1:2 ack 1'])
      s.from('.', 1, 1, { window: 0 })
    }
    expect(s.connection.state).toBe('ESTABLISHED')
    s.from('.', 1, 1, { window: 5000 })
    expect(s.texts()).toEqual(['P. 1:501 ack 1'])
  })

  it('after a timeout, what carries no data has the highest number: the peer may have all before it', () => {
    const s = new TcpScript().passive({ mss: 1000 })
    s.connection.send(bytes(5000))
    s.sent()
    s.clock.advance(1000)
    expect(s.texts()).toEqual(['. 1:1001 ack 1'])
    s.from('.', 11, 1, { data: bytes(10) })
    expect(s.texts()).toEqual(['. 5001:5001 ack 1'])
  })

  it('a probe that was taken moves on', () => {
    const s = new TcpScript().passive({ mss: 1000 })
    s.from('.', 1, 1, { window: 0 })
    s.connection.send(bytes(500))
    s.untilSent()
    s.sent()
    s.from('.', 1, 2, { window: 5000 })
    expect(s.texts()).toEqual(['P. 2:501 ack 1'])
  })

  it('a probe of the last byte leaves FIN out, so that what is acknowledged beside it is within a window of nothing', () => {
    const s = new TcpScript().passive({ mss: 1000 })
    s.from('.', 1, 1, { window: 0 })
    s.connection.send(bytes(1))
    s.connection.finish()
    s.untilSent()
    expect(s.texts()).toEqual(['P. 1:2 ack 1'])
    s.from('F.', 1, 1, { window: 0 })
    expect(s.texts()).toEqual(['. 1:1 ack 2'])
    s.from('.', 2, 2, { window: 5000 })
    expect(s.texts()).toEqual(['F. 2:2 ack 2'])
    s.from('.', 2, 3, { window: 5000 })
    expect(s.connection.state).toBe('TIME-WAIT')
  })

  it('a window that closes over data under way is probed, and the data sent again when it opens', () => {
    const s = new TcpScript().passive({ mss: 1000 })
    s.connection.send(bytes(3000))
    s.sent()
    s.from('.', 1, 1001, { window: 0 })
    s.clock.advance(1000)
    expect(s.texts()).toEqual(['. 1001:1002 ack 1'])
    s.from('.', 1, 1001, { window: 65535 })
    expect(s.texts()).toEqual(['P. 1001:3001 ack 1'])
  })
})

describe('closing', () => {
  const finWait1 = (): TcpScript => {
    const s = new TcpScript().passive()
    s.connection.finish()
    expect(s.texts()).toEqual(['F. 1:1 ack 1'])
    return s
  }

  it('by us: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, and data still comes meanwhile', () => {
    const s = finWait1()
    s.from('.', 1, 2)
    expect(s.connection.state).toBe('FIN-WAIT-2')
    s.from('P.', 1, 2, { data: bytes(5) })
    expect(s.got.length).toBe(5)
    s.from('F.', 6, 2)
    expect(s.connection.state).toBe('TIME-WAIT')
    expect(s.texts().at(-1)).toBe('. 2:2 ack 7')
    // A repeated FIN is acknowledged and starts the wait anew (section 3.10.7.4).
    s.clock.advance(TIME_WAIT_MS - 1000)
    s.from('F.', 6, 2)
    expect(s.texts()).toEqual(['. 2:2 ack 7'])
    s.clock.advance(TIME_WAIT_MS - 1000)
    expect(s.connection.state).toBe('TIME-WAIT')
    s.clock.advance(1000)
    expect(s.log).toEqual(['finished', 'closed done'])
    expect(s.clock.pending).toBe(0)
  })

  it('by both at once: CLOSING', () => {
    const s = finWait1()
    s.from('F.', 1, 1)
    expect(s.connection.state).toBe('CLOSING')
    s.from('.', 2, 2)
    expect(s.connection.state).toBe('TIME-WAIT')
  })

  it('one that only waits has ended well, whoever forgets it then: what the peer sent last must still arrive', () => {
    for (const end of ['forget', 'abort'] as const) {
      const s = finWait1()
      s.from('F.', 1, 2)
      s.connection[end]()
      expect(s.log).toEqual(['finished', 'closed done'])
    }
  })

  it('with FIN that acknowledges ours: straight to TIME-WAIT', () => {
    const s = finWait1()
    s.from('F.', 1, 2)
    expect(s.connection.state).toBe('TIME-WAIT')
  })

  it('by the peer: CLOSE-WAIT, where we still send, then LAST-ACK', () => {
    const s = new TcpScript().passive()
    s.from('F.', 1, 1)
    expect(s.texts()).toEqual(['. 1:1 ack 2'])
    expect(s.log).toEqual(['finished'])
    s.connection.send(bytes(10))
    s.connection.finish()
    expect(s.texts()).toEqual(['P. 1:11 ack 2', 'F. 11:11 ack 2'])
    expect(s.connection.state).toBe('LAST-ACK')
    s.from('.', 2, 12)
    expect(s.log).toEqual(['finished', 'closed done'])
    expect(s.clock.pending).toBe(0)
  })

  it('FIN goes after all data, with the last of it, and is sent again', () => {
    const s = new TcpScript().passive({ mss: 1000, window: 1000 })
    s.connection.send(bytes(1500))
    s.connection.finish()
    expect(s.texts()).toEqual(['. 1:1001 ack 1'])
    s.from('.', 1, 1001, { window: 1000 })
    expect(s.texts()).toEqual(['FP. 1001:1501 ack 1'])
    s.from('.', 1, 1501, { window: 1000 })
    s.clock.advance(1000)
    expect(s.texts()).toEqual(['F. 1501:1501 ack 1'])
    s.from('.', 1, 1502, { window: 1000 })
    expect(s.connection.state).toBe('FIN-WAIT-2')
  })

  it('an early FIN waits for what is before it', () => {
    const s = new TcpScript().passive()
    s.from('F.', 11, 1, { data: pattern(5, 10) })
    expect(s.log).toEqual([])
    s.from('.', 1, 1, { data: pattern(10) })
    expect([s.got.length, s.log]).toEqual([15, ['finished']])
    expect(s.texts().at(-1)).toBe('. 1:1 ack 17')
  })

  it.each([
    ['at the expected number', 0, ['closed reset'], []],
    ['elsewhere in the window: a challenge (RFC 5961 section 3)', 100, [], ['. 1:1 ack 1']],
    ['outside the window', -100, [], []],
  ] as const)('RST %s', (_where, offset, log, answers) => {
    const s = new TcpScript().passive()
    s.from('R', 1 + offset)
    expect(s.log).toEqual(log)
    expect(s.texts()).toEqual(answers)
  })

  it('SYN in a connection gets a challenge, only so many a second (RFC 5961 sections 4 and 7)', () => {
    const s = new TcpScript().passive()
    for (let i = 0; i < 100; i++) s.from('S', 5)
    expect(s.texts().length).toBe(10)
    expect(s.connection.state).toBe('ESTABLISHED')
  })

  it('abort sends RST; nothing follows', () => {
    const s = new TcpScript().passive()
    s.connection.send(bytes(10))
    s.sent()
    s.connection.abort()
    expect(s.texts()).toEqual(['R. 11:11 ack 1'])
    s.from('.', 1, 11)
    s.connection.send(bytes(10))
    expect(s.texts()).toEqual([])
    expect([s.log, s.clock.pending]).toEqual([['closed aborted'], 0])
  })

  it('an idle peer is asked after two hours and given up when it does not answer (section 3.8.4)', () => {
    const s = new TcpScript().passive()
    s.clock.advance(KEEP_ALIVE_MS)
    expect(s.texts()).toEqual(['. 0:0 ack 1'])
    s.from('.', 1, 1)
    s.clock.advance(KEEP_ALIVE_MS - 1000)
    expect(s.texts()).toEqual([])
    s.clock.advance(1000_000)
    expect(s.log).toEqual(['closed timeout'])
  })
})
