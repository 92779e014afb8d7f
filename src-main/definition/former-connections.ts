// Connections that were removed: what they were is left in their folder, which stays, so that one can be taken up again from there.
// Invariant: a folder without such a word (its connection was removed by an older version, or the word is damaged) is offered all the
// same, under an identifier whose folder it is. Runs in: main, plain Node.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fields, oneOf } from '../../src-engine/public/shape'
import { systemErrorCode, writeFileAtomic } from '../lib/atomic-file'
import { type ConnectionDefinition, connectionShape, type FormerConnection } from '../public/connection'

const VERSION = 1
const FILE = 'connection.json'
const fileShape = fields({ version: oneOf(VERSION), connection: connectionShape })
const FOLDER = /^[0-9a-f]{8}$/
const REST = '-0000-4000-8000-000000000000'

/** The name of a connection's folder. Short: sockets lie in it, whose paths have little room. */
export function folderName(connection: string): string {
  return connection.slice(0, 8)
}

/** Leaves word in the folder; one that was never made needs none. */
export async function leaveWord(folder: string, connection: ConnectionDefinition): Promise<void> {
  try {
    await writeFileAtomic(join(folder, FILE), `${JSON.stringify({ version: VERSION, connection }, undefined, 2)}\n`)
  } catch (thrown) {
    if (systemErrorCode(thrown) !== 'ENOENT') throw thrown
  }
}

/** Of the folders in `parent`, those that are no connection's; by name. */
export async function formerConnections(parent: string, known: readonly string[]): Promise<FormerConnection[]> {
  const taken = new Set(known.map(folderName))
  const names = await readdir(parent).catch(() => [])
  const folders = names.filter((name) => FOLDER.test(name) && !taken.has(name)).sort()
  return Promise.all(folders.map((name) => formerConnection(join(parent, name), name)))
}

async function formerConnection(folder: string, name: string): Promise<FormerConnection> {
  const files = await readdir(join(folder, 'definitions')).catch(() => [])
  const domains = files.filter((file) => file.endsWith('.xml')).length
  return { ...((await readWord(folder, name)) ?? unknown(name)), folder, domains }
}

async function readWord(folder: string, name: string): Promise<ConnectionDefinition | undefined> {
  try {
    const read: unknown = JSON.parse(await readFile(join(folder, FILE), 'utf8'))
    if (fileShape.is(read) && folderName(read.connection.connection) === name) return read.connection
  } catch {
    // There is none, or none that can be read.
  }
  return undefined
}

function unknown(name: string): ConnectionDefinition {
  return { connection: `${name}${REST}`, name: null, driver: 'embedded', autoconnect: true }
}
