// A day of figures of each domain, means of minutes: samples/UUID.json, replaced whole. A damaged one, or one of a newer version,
// is put aside beside it and told. Invariant: what it cannot do costs figures only, and is told once for each domain.
// Runs in: main, plain Node.
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { err } from '../../src-engine/public/result'
import { fields, oneOf } from '../../src-engine/public/shape'
import { writeFileAtomic } from '../lib/atomic-file'
import { writeProblem } from '../lib/write-problem'
import { type ErrorReport, errorReport } from '../public/error-code'
import { type SampleSeries, sampleSeriesShape } from '../public/types'
import { readOwnFile, shaped } from './own-file'

const VERSION = 1
const storedShape = fields({ version: oneOf(VERSION), series: sampleSeriesShape })

export class SampleStore {
  private readonly folder: string
  private readonly problem: (error: ErrorReport) => void
  private readonly told = new Set<string>()
  private readonly queues = new Map<string, Promise<void>>()

  constructor(folder: string, problem: (error: ErrorReport) => void) {
    this.folder = folder
    this.problem = problem
  }

  async read(uuid: string): Promise<SampleSeries | undefined> {
    await this.queues.get(uuid)
    const { value, problem } = await readOwnFile(this.path(uuid), {
      version: VERSION,
      check: (read) => {
        const stored = shaped(storedShape, '')(read)
        return stored.ok && !isWhole(stored.value.series) ? err('its columns differ in length') : stored
      },
      report: ({ kept, detail }) => errorReport('figures-damaged', { kept, detail }),
    })
    if (problem) this.tell(uuid, problem)
    return value?.series
  }

  write(uuid: string, series: SampleSeries): Promise<void> {
    return this.next(uuid, async () => {
      await mkdir(this.folder, { recursive: true })
      await writeFileAtomic(this.path(uuid), JSON.stringify({ version: VERSION, series: compact(series) }))
    })
  }

  remove(uuid: string): Promise<void> {
    return this.next(uuid, () => rm(this.path(uuid), { force: true }))
  }

  private next(uuid: string, work: () => Promise<void>): Promise<void> {
    const done = (this.queues.get(uuid) ?? Promise.resolve()).then(work).catch((thrown: unknown) => {
      this.tell(uuid, writeProblem(this.path(uuid), thrown))
    })
    this.queues.set(uuid, done)
    return done
  }

  private tell(uuid: string, error: ErrorReport): void {
    if (this.told.has(uuid)) return
    this.told.add(uuid)
    this.problem(error)
  }

  private path(uuid: string): string {
    return join(this.folder, `${uuid}.json`)
  }
}

function isWhole({ time, cpu, memoryKiB, vcpus, devices }: SampleSeries): boolean {
  const { length } = time
  const columns = [cpu, memoryKiB, ...vcpus]
  for (const { readBytes, writtenBytes, readRequests, writeRequests } of devices) {
    columns.push(readBytes, writtenBytes, readRequests, writeRequests)
  }
  const rising = time.every((at, index) => index === 0 || at > (time[index - 1] ?? 0))
  return rising && columns.every((column) => column.length === length)
}

/** Without the noise of single precision, and without devices that did nothing. */
function compact(series: SampleSeries): SampleSeries {
  const four = (values: readonly number[]): number[] => values.map((value) => Math.round(value * 1e4) / 1e4)
  const devices = series.devices.filter(({ readRequests, writeRequests }) =>
    [readRequests, writeRequests].some((column) => column.some((value) => value > 0)),
  )
  return { ...series, cpu: four(series.cpu), vcpus: series.vcpus.map(four), devices }
}
