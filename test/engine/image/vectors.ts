// Small images recorded from qemu-img, for machines without it: test/fixture/image/vectors.json, made by
// `node test/fixture/image/record.mjs`. Each entry is a file, deflated; some have the SHA-256 of the disk they must read as.
// Runs in: vitest, plain Node.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { ImageFormat } from '../../../src-engine/public/protocol/device'

interface Vector {
  readonly name: string
  readonly format: ImageFormat | 'part'
  /** Of the whole disk. */
  readonly sha256: string
  readonly gzip: string
}

export interface Unpacked {
  readonly file: string
  readonly format: ImageFormat
  readonly sha256: string
}

const FILE = path.resolve(__dirname, '../../fixture/image/vectors.json')

/** Writes all of them into `folder`; answers with those that are images. */
export function unpackVectors(folder: string): Unpacked[] {
  const { vectors } = JSON.parse(readFileSync(FILE, 'utf8')) as { vectors: Vector[] }
  return vectors.flatMap(({ name, format, sha256, gzip }) => {
    const file = path.join(folder, name)
    writeFileSync(file, gunzipSync(Buffer.from(gzip, 'base64')))
    return format === 'part' ? [] : [{ file, format, sha256 }]
  })
}
