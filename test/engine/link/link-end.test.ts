// A link's end wakes the other process ahead of what follows: when the link has rested, a few times a batch, with nothing that counts.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LinkEnd, u32 } from '../../../src-engine/link/link-end'
import { transportPair } from '../../../src-engine/public/protocol/transport'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** A link with what comes through it: the lengths of its messages, and the records of them. */
function link() {
  const [near, far] = transportPair()
  const messages: number[] = []
  const records: string[] = []
  const end = new LinkEnd(near, 'domain', { receive: () => undefined, closed: () => {} })
  const other = new LinkEnd(far, 'dom0', { receive: (name) => void records.push(name), closed: (why) => records.push(why) })
  const post = near.send.bind(near)
  near.send = (message, ports) => {
    messages.push(message instanceof Uint8Array ? message.length : -1)
    post(message, ports)
  }
  const settled = () => new Promise((resolve) => setTimeout(resolve))
  return { end, other, messages, records, settled }
}

describe('waking the other end of a link', () => {
  it('is one batch of no records until it has rested again, and ends no link', async () => {
    const { end, other, messages, records, settled } = link()
    for (let i = 0; i < 3; i++) end.wake()
    vi.advanceTimersByTime(4)
    end.wake()
    await settled()
    expect([messages, records, other.open]).toEqual([[0], [], true])
    vi.advanceTimersByTime(1)
    end.wake()
    end.send('CONSOLE_CREDIT', u32(1, 0))
    await settled()
    expect([messages, records]).toEqual([[0, 0, 16], ['CONSOLE_CREDIT']])
  })

  it('is repeated eight times and no more until a batch with records has gone', async () => {
    const { end, messages, settled } = link()
    for (let i = 0; i < 20; i++) {
      end.wake()
      vi.advanceTimersByTime(5)
    }
    expect(messages).toEqual(new Array(8).fill(0))
    end.send('CONSOLE_CREDIT', u32(1, 0))
    await settled()
    vi.advanceTimersByTime(5)
    end.wake()
    expect(messages.slice(8)).toEqual([16, 0])
  })

  it('is left out while a batch waits, or shortly after one', async () => {
    const { end, messages, settled } = link()
    end.send('CONSOLE_CREDIT', u32(1, 0))
    end.wake()
    await settled()
    end.wake()
    vi.advanceTimersByTime(4)
    end.wake()
    expect(messages).toEqual([16])
    vi.advanceTimersByTime(1)
    end.wake()
    expect(messages).toEqual([16, 0])
  })

  it('does nothing on a link that is gone', async () => {
    const { end, messages, records, settled } = link()
    end.close('over')
    end.wake()
    await settled()
    expect([messages.filter((length) => length > 0), records]).toEqual([[], ['closed by the other side']])
  })
})
