// A file that is made at once, by a call that cannot be stopped half-way, as part of a job: called off meanwhile, it goes again.
// Invariant: only a file that this call has made is removed. Runs in: main, plain Node.
import { rm } from 'node:fs/promises'
import type { Outcome } from '../driver/driver'
import type { JobControl } from './jobs'

/** `make` fails where the file is there already. It is all of the job, or the last of it. */
export async function makeFile(path: string, control: JobControl, make: () => Outcome): Outcome {
  const wanted = control.wanted()
  if (!wanted.ok) return wanted
  const made = await make()
  if (!made.ok) return made
  const still = control.commit()
  if (!still.ok) await rm(path, { force: true })
  return still
}
