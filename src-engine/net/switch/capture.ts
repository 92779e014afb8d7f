// A packet capture of one port: a classic pcap file (magic a1b2c3d4, version 2.4, link type Ethernet), as tcpdump writes it
// and tshark reads it. Checksums left blank are filled in, so that a reader does not take them for damage.
// Writing never holds the network up: what the file cannot take in time is left out and counted; an error of the file ends
// the capture and is reported once. Runs in: domain 0.
import type { Clock } from '../../lib/clock'
import { type Frame, set16, set32 } from './frame'
import { completeChecksum } from './offload'

/** Where the bytes go; one write at a time. */
export interface CaptureFile {
  write(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

const BUFFER_MOST = 4 * 1024 * 1024
const SNAP_LENGTH = 262144
const LINKTYPE_ETHERNET = 1

/** pcap is in the byte order of its magic number; ours is big-endian. */
export function pcapHeader(): Uint8Array {
  const header = new Uint8Array(24)
  set32(header, 0, 0xa1b2c3d4)
  set16(header, 4, 2)
  set16(header, 6, 4)
  set32(header, 16, SNAP_LENGTH)
  set32(header, 20, LINKTYPE_ETHERNET)
  return header
}

export class Capture {
  /** Frames left out because the file was too slow. */
  dropped = 0
  private readonly clock: Clock
  private readonly file: CaptureFile
  private readonly failed: (text: string) => void
  private waiting: Uint8Array[] = [pcapHeader()]
  private waitingBytes = 0
  private writing: Promise<void> | undefined
  private state: 'open' | 'closed' | 'failed' = 'open'

  constructor(clock: Clock, file: CaptureFile, failed: (text: string) => void) {
    this.clock = clock
    this.file = file
    this.failed = failed
    this.writing = this.drain()
  }

  record(frame: Frame): void {
    if (this.state !== 'open') return
    const { length } = frame.bytes
    if (this.waitingBytes + length > BUFFER_MOST) {
      this.dropped++
      return
    }
    const record = new Uint8Array(16 + length)
    const now = this.clock.now()
    set32(record, 0, Math.floor(now / 1000))
    set32(record, 4, Math.floor((now % 1000) * 1000))
    set32(record, 8, length)
    set32(record, 12, length)
    record.set(frame.checksum === 'blank' ? completeChecksum(frame.bytes) : frame.bytes, 16)
    this.waiting.push(record)
    this.waitingBytes += record.length
    this.writing ??= this.drain()
  }

  /** Writes what waits and closes the file. */
  async close(): Promise<void> {
    if (this.state === 'closed') return
    const wasOpen = this.state === 'open'
    if (wasOpen) this.state = 'closed'
    await this.writing
    try {
      await this.file.close()
    } catch (error) {
      if (wasOpen) this.failed(String(error))
    }
  }

  private async drain(): Promise<void> {
    // The next turn, so that `writing` is set before it is taken back and a burst becomes one write.
    await Promise.resolve()
    while (this.waiting.length > 0 && this.state !== 'failed') {
      const parts = this.waiting
      this.waiting = []
      this.waitingBytes = 0
      try {
        for (const part of parts) await this.file.write(part)
      } catch (error) {
        this.state = 'failed'
        this.failed(String(error))
      }
    }
    this.writing = undefined
  }
}
