// Samples behind the charts: the last hour as measured, the last day as means of minutes. The minutes outlive the app: they are
// read when a domain's figures are first asked for or first stored, and stored every few minutes and at the end.
// Invariant: times in a series rise; memory and files are bounded (SampleRing). A file that cannot be read or written costs the
// older part of the curves, nothing else, and is told. Runs in: main, plain Node.
import type { SampleStore } from '../definition/sample-store'
import { SAMPLE_HOURS_KEPT, SAMPLE_INTERVAL_MS, SAMPLE_MINUTES_KEPT, type Sample, type SampleSeries } from '../public/types'
import { MINUTE_MS, MinuteMean } from './minute-mean'
import { joined, pointsOf, SampleRing } from './sample-ring'

const SECONDS = (SAMPLE_MINUTES_KEPT * MINUTE_MS) / SAMPLE_INTERVAL_MS
const MINUTES = SAMPLE_HOURS_KEPT * 60
const STORE_EVERY_MS = 5 * MINUTE_MS

interface Figures {
  seconds: SampleRing
  minutes: SampleRing
  mean: MinuteMean | undefined
  /** The older minutes were looked for on disk. */
  read: Promise<void> | undefined
  storedAt: number
  changed: boolean
}

export class SampleHistory {
  private readonly records = new Map<string, Figures>()
  private readonly store: SampleStore | undefined

  constructor(store?: SampleStore) {
    this.store = store
  }

  add(sample: Sample): void {
    const record = this.record(sample.uuid)
    record.seconds.add(sample)
    const minute = Math.floor(sample.time / MINUTE_MS)
    if (record.mean && record.mean.minute !== minute) {
      record.minutes.add(record.mean.point())
      record.changed = true
      record.mean = undefined
      if (record.storedAt === 0) record.storedAt = sample.time
      if (Math.abs(sample.time - record.storedAt) >= STORE_EVERY_MS) void this.write(sample.uuid, sample.time)
    }
    record.mean ??= new MinuteMean(minute)
    record.mean.add(sample)
  }

  /** The last minutes, oldest first: means of minutes where there is nothing finer, then each sample. */
  async series(uuid: string, minutes: number, now: number): Promise<SampleSeries> {
    const record = this.record(uuid)
    await this.read(uuid)
    const from = now - minutes * MINUTE_MS
    if (minutes > SAMPLE_MINUTES_KEPT) {
      // A day of seconds is more than any chart shows.
      const older = record.minutes.series(from)
      const end = (older.time.at(-1) ?? Number.NEGATIVE_INFINITY) + MINUTE_MS / 2
      return joined(older, record.seconds.series(Math.max(from, end)))
    }
    const fine = record.seconds.series(from)
    return joined(record.minutes.series(from, (fine.time[0] ?? Number.POSITIVE_INFINITY) - MINUTE_MS / 2), fine)
  }

  /** The domain is no more. */
  async forget(uuid: string): Promise<void> {
    this.records.delete(uuid)
    await this.store?.remove(uuid)
  }

  /** Stores what is not yet: at the end. */
  async close(now: number): Promise<void> {
    for (const [uuid, record] of this.records) {
      if (record.mean) {
        record.minutes.add(record.mean.point())
        record.mean = undefined
        record.changed = true
      }
      await this.write(uuid, now)
    }
  }

  private record(uuid: string): Figures {
    let record = this.records.get(uuid)
    if (!record) {
      const [seconds, minutes] = [new SampleRing(SECONDS), new SampleRing(MINUTES)]
      record = { seconds, minutes, mean: undefined, read: undefined, storedAt: 0, changed: false }
      this.records.set(uuid, record)
    }
    return record
  }

  private read(uuid: string): Promise<void> {
    const record = this.record(uuid)
    record.read ??= (async () => {
      const stored = await this.store?.read(uuid)
      if (!stored) return
      const ring = new SampleRing(MINUTES)
      for (const point of pointsOf(stored)) ring.add(point)
      for (const point of pointsOf(record.minutes.series(Number.NEGATIVE_INFINITY))) ring.add(point)
      record.minutes = ring
    })()
    return record.read
  }

  private async write(uuid: string, now: number): Promise<void> {
    const record = this.record(uuid)
    if (!this.store || !record.changed) return
    record.storedAt = now
    await this.read(uuid)
    record.changed = false
    await this.store.write(uuid, record.minutes.series(now - SAMPLE_HOURS_KEPT * 60 * MINUTE_MS))
  }
}
