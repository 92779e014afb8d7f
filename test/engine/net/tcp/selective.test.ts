// Selective acknowledgements: what RFC 2018 says of a receiver, as rows.
import { describe, expect, it } from 'vitest'
import { parseIpv4, writeIpv4 } from '../../../../src-engine/net/ip/ipv4'
import { headerLength, parseTcp, type TcpHeader, writeTcp } from '../../../../src-engine/net/tcp/segment'
import { pattern } from '../../../support/frames'
import { TcpScript } from '../../../support/tcp-script'

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

  it('stand in the header as sections 2 and 3 have them', () => {
    const options = (header: TcpHeader): { bytes: number[]; read: boolean | undefined } => {
      const size = headerLength(header)
      const bytes = new Uint8Array(20 + size)
      writeIpv4(bytes, 0, { source: 1, target: 2, protocol: 6, length: size })
      writeTcp(bytes, 20, { source: 1, sourcePort: 3, target: 2, targetPort: 4 }, header, undefined, 0, 0)
      const packet = parseIpv4(bytes, 0, true)
      if (typeof packet === 'string') throw new Error(packet)
      return { bytes: [...bytes.subarray(40)], read: parseTcp(packet)?.sackPermitted }
    }
    const header = { sequence: 1, acknowledgement: 7, window: 9 }
    const syn = { ...header, flags: 2, mss: 1460, scale: 6 }
    expect(options(syn).read).toBe(undefined)
    expect(options({ ...syn, sackPermitted: true })).toEqual({ bytes: [2, 4, 5, 180, 1, 3, 3, 6, 1, 1, 4, 2], read: true })
    const sack = [
      { from: 0xffff_fff0, to: 5 },
      { from: 9, to: 0x102 },
    ]
    const blocks = [255, 255, 255, 240, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 1, 2]
    expect(options({ ...header, flags: 16, sack }).bytes).toEqual([1, 1, 5, 18, ...blocks])
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
  })
})
