// Reading a configuration out of a file that somebody named. Invariant: no more is read than a configuration may be long; a device has no
// size, and no end. Runs in: main, command line, plain Node.
import { createReadStream } from 'node:fs'
import { CONFIG_TEXT_MOST } from '../public/definition'

/** Rejects with the system's error, or with one that says that it is too large. */
export async function readConfigText(path: string): Promise<string> {
  let text = ''
  for await (const part of createReadStream(path, 'utf8')) {
    text += String(part)
    if (text.length > CONFIG_TEXT_MOST) throw new Error('it is too large for a configuration')
  }
  return text
}
