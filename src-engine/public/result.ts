// The result of anything that can be expected to fail: a value, not an exception.
// Invariant: an `error` is of the vocabulary of the layer that returns it; a layer above maps it by a table.
// Runs in: anything.

export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error }
}
