// Digests of outcomes that agreed with the host CPU, recorded in test/fixture/fp/digests.json (README.md there): where
// the host cannot be asked, our outcomes must still be those. RINGMASTER_RECORD=1 writes them anew, on an AMD host.
// Runs in: vitest.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { type Outcome, STATE } from './native'

const FOLDER = path.resolve(import.meta.dirname, '../../fixture/fp')

/** What differences.ts compares, as bytes. */
function compared({ signal, state }: Outcome): Buffer[] {
  const part = (at: number, length: number): Buffer => Buffer.from(state.subarray(at, at + length))
  const registers = Array.from({ length: 8 }, (_, i) => part(32 + 16 * i, 10))
  return [
    Buffer.from([signal]),
    part(0, 5),
    part(24, 4),
    ...registers,
    part(160, 256),
    part(STATE.RAX, 32),
    part(STATE.MEMORY, 128),
  ]
}

/** The recorded digests of one test file. */
export class Recorded {
  private readonly file: string
  private readonly known: Record<string, string>
  private readonly recording = process.env['RINGMASTER_RECORD'] === '1'

  constructor(name: string) {
    this.file = path.join(FOLDER, `${name}.json`)
    this.known = fs.existsSync(this.file) ? JSON.parse(fs.readFileSync(this.file, 'utf8')) : {}
  }

  /** Checks (or records) the outcomes of a test's first cases, the slice of the ordinary tier. */
  check(key: string, outcomes: readonly Outcome[]): void {
    if (process.env['RINGMASTER_SEED']) return
    const hash = createHash('sha256')
    for (const outcome of outcomes) for (const bytes of compared(outcome)) hash.update(bytes)
    const digest = hash.digest('hex').slice(0, 20)
    if (this.recording) this.known[key] = digest
    else expect(digest, `recorded outcomes of ${key}`).toBe(this.known[key])
  }

  /** Writes the file when recording. */
  save(): void {
    if (!this.recording) return
    fs.mkdirSync(FOLDER, { recursive: true })
    fs.writeFileSync(this.file, `${JSON.stringify(this.known, null, 1)}\n`)
  }
}
