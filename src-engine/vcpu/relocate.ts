// Moves the addresses of a compiled core from vcpu 0 to another vcpu.
// Runs in: the vcpu's worker thread.

export function relocate(_bytes: Uint8Array, vcpu: number): Uint8Array<ArrayBuffer> {
  throw new Error(`the core of vcpu ${vcpu} cannot be made yet`)
}
