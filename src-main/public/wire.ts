// How answers and events cross from main to a page: as JSON text. Electron's context bridge copies an object property by property,
// which takes 50 ms each second for the samples of a thousand domains, while the page can draw nothing; a text passes at once.
// Invariant: fromWire(toWire(v)) is v but for fields that are undefined. An answer that holds bytes, which JSON has no word for,
// crosses as it is; bytes stand in the fields of an answer's value, never deeper, and no event has any.
// Runs in: main, preload, renderer. No platform.

export type OnWire = string | object

function holdsBytes(value: object): boolean {
  if (value instanceof Uint8Array) return true
  const inner: unknown = 'value' in value ? value.value : undefined
  if (inner instanceof Uint8Array) return true
  return typeof inner === 'object' && inner !== null && Object.values(inner).some((field) => field instanceof Uint8Array)
}

export function toWire(value: object): OnWire {
  return holdsBytes(value) ? value : JSON.stringify(value)
}

/** What came may be anything: the client checks it by its shape. */
export function fromWire(wire: unknown): unknown {
  return typeof wire === 'string' ? JSON.parse(wire) : wire
}
