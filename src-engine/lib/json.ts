// Values as JSON in bytes, as save files and the store's journal hold them. Runs in: anything that is Node.
import { fromUtf8, utf8 } from './bytes'

export function jsonBytes(value: unknown): Uint8Array {
  return fromUtf8(JSON.stringify(value))
}

/** Undefined for what is no JSON. Whoever asks holds what it gives against a shape: save files are hostile. */
export function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8(bytes))
  } catch {
    return undefined
  }
}
