// Goes through what a recording file wrote down and builds, moment by moment, what a crash might have left on the disk:
// everything that was answered before the last completed sync began, and any part of the rest. What is safe at one moment is so
// at all later ones, so each step only adds to it. Runs in: vitest, plain Node.
import { apply, type Disk, type Recorded, type RecordingFile } from './recording-file'

/** What of a write that no sync had made safe is on the disk: all of it, nothing, or some of its sectors. */
export type Survival = 'all' | 'nothing' | ((sector: number) => boolean)

const SECTOR = 512

export class CrashReplay {
  private readonly file: RecordingFile
  private moment = 0
  /** Everything up to `settled` records, all of it safe. */
  private readonly disk: Disk
  private settled = 0
  /** What was answered at this time of the clock is safe. */
  private safe = -1
  private syncs: Extract<Recorded, { kind: 'sync' }>[] = []

  constructor(file: RecordingFile) {
    this.file = file
    this.disk = { bytes: file.first.slice(), length: file.first.length }
  }

  /** Goes on to the moment when `moment` records had been made; never back. */
  goTo(moment: number): void {
    const { records } = this.file
    for (; this.moment < moment; this.moment++) {
      const record = records[this.moment]
      if (record?.kind === 'sync') this.syncs.push(record)
    }
    const time = this.file.timeOf(moment)
    for (const sync of this.syncs) if (sync.answeredAt <= time) this.safe = Math.max(this.safe, sync.beganAt)
    this.syncs = this.syncs.filter(({ answeredAt }) => answeredAt > time)
    for (; this.settled < moment; this.settled++) {
      const record = records[this.settled]
      if (!record || (record.kind !== 'sync' && record.answeredAt > this.safe)) break
      apply(this.disk, record)
    }
  }

  /** The bytes after a crash now; `survival` says what there is of each record that no sync had made safe. */
  left(survival: (index: number) => Survival): Uint8Array {
    const disk = { bytes: this.disk.bytes.slice(), length: this.disk.length }
    for (let index = this.settled; index < this.moment; index++) {
      const record = this.file.records[index]
      if (!record || record.kind === 'sync') continue
      const what = record.answeredAt <= this.safe ? 'all' : survival(index)
      if (what === 'nothing') continue
      if (what === 'all' || record.kind === 'truncate') apply(disk, record)
      else for (const part of sectors(record.offset, record.bytes, what)) apply(disk, { ...record, ...part })
    }
    return disk.bytes.subarray(0, disk.length)
  }
}

/** Pieces of a write by the sectors of the file, those that are there. */
function sectors(
  offset: number,
  bytes: Uint8Array,
  there: (sector: number) => boolean,
): { offset: number; bytes: Uint8Array }[] {
  const parts = []
  for (let at = offset; at < offset + bytes.length; ) {
    const end = Math.min(SECTOR * (Math.floor(at / SECTOR) + 1), offset + bytes.length)
    if (there(Math.floor(at / SECTOR))) parts.push({ offset: at, bytes: bytes.subarray(at - offset, end - offset) })
    at = end
  }
  return parts
}
