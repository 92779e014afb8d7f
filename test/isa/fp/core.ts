// The floating-point part of the core, compiled alone: SSE dispatch, x87 and state functions as exports, on a memory of
// its own. Layout and dispatch come from the tables in memory, so nothing generated needs to be on disk.
// Runs in: vitest.
import fs from 'node:fs'
import path from 'node:path'
import { generateSseDispatch } from '../../../src-engine/isa/generate/sse-dispatch'
import { MEMORY_MAP, VCPU_FIELDS } from '../../../src-engine/isa/state-layout'
import { STATE } from './native'

const ASSEMBLY = path.resolve(import.meta.dirname, '../../../src-engine/assembly')
const ENTRY = `
export { sse_execute } from './generated/sse-dispatch'
export { fxsave, fxrstor, fpu_reset, x87_init } from './fpu/env'
export { x87_execute, x87_mem_size, x87_commit, x87_wait } from './fpu/x87'
`

export type FpCore = {
  sse_execute(id: number, dst: number, src: number, imm: number): number
  fxsave(mem: number, wide: number, mode64: number): void
  fxrstor(mem: number, wide: number, mode64: number): number
  fpu_reset(): void
  x87_init(): void
  x87_execute(op: number, modrm: number, mem: number, opsize16: number): number
  x87_mem_size(op: number, modrm: number, opsize16: number): number
  x87_commit(): void
  x87_wait(): number
}

/** Linear address of a field of vcpu 0. */
export function address(field: (typeof VCPU_FIELDS)[number][0]): number {
  const row = VCPU_FIELDS.find(([name]) => name === field)
  if (!row) throw new Error(field)
  return MEMORY_MAP.VCPU_BASE + row[1]
}

export const STAGING = address('STAGING')
/** Where a test puts the memory operand. */
export const OPERAND = 0x18_0000

function layoutText(): string {
  const rows = VCPU_FIELDS.map(([name, offset]) => `export const ${name}: u32 = ${MEMORY_MAP.VCPU_BASE + offset}`)
  return [`export const VCPU: u32 = ${MEMORY_MAP.VCPU_BASE}`, ...rows, ''].join('\n')
}

/** Compiles and instantiates; `bytes` are the 4 MiB of its memory. */
export async function loadCore(): Promise<{ readonly core: FpCore; readonly bytes: Uint8Array }> {
  const { default: asc } = await import('assemblyscript/asc')
  const virtual = new Map([
    ['entry.ts', ENTRY],
    ['generated/layout.ts', layoutText()],
    ['generated/sse-dispatch.ts', generateSseDispatch()],
  ])
  let wasm: Uint8Array | undefined
  const flags = [
    '-O3',
    '--runtime',
    'stub',
    '--noAssert',
    '--enable',
    'simd,threads,bulk-memory',
    '--importMemory',
    '--sharedMemory',
  ]
  const limits = ['--noExportMemory', '--initialMemory', '64', '--maximumMemory', '64', '--memoryBase', '65536']
  const { error, stderr } = await asc.main(['entry.ts', '--baseDir', ASSEMBLY, '--outFile', 'fp.wasm', ...flags, ...limits], {
    readFile: (name) => {
      const known = virtual.get(name)
      if (known !== undefined) return known
      const file = path.join(ASSEMBLY, name)
      return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null
    },
    writeFile: (_name, content) => {
      if (content instanceof Uint8Array) wasm = content
    },
    listFiles: () => [],
  })
  if (error || !wasm) throw new Error(stderr.toString())
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true })
  const module = new WebAssembly.Module(new Uint8Array(wasm))
  const instance = new WebAssembly.Instance(module, { env: { memory, abort: () => undefined } })
  const core: FpCore = Object.assign(Object.create(null), instance.exports)
  return { core, bytes: new Uint8Array(memory.buffer) }
}

/** Puts a state into vcpu 0. */
export function putState({ core, bytes }: { core: FpCore; bytes: Uint8Array }, state: Uint8Array): void {
  bytes.set(state.subarray(STATE.FX, STATE.FX + 512), STAGING)
  core.fxrstor(STAGING, 1, 1)
  bytes.set([0, 6], address('CR4'))
  bytes.set(state.subarray(STATE.RAX, STATE.RAX + 24), address('GPR'))
  bytes.set(state.subarray(STATE.MEMORY, STATE.MEMORY + 128), OPERAND)
}

/** Reads it back; RFLAGS is left as 0, the caller knows it. */
export function getState({ core, bytes }: { core: FpCore; bytes: Uint8Array }): Uint8Array {
  const state = new Uint8Array(STATE.SIZE)
  core.fxsave(STAGING, 1, 1)
  state.set(bytes.subarray(STAGING, STAGING + 416), STATE.FX)
  state.set(bytes.subarray(address('GPR'), address('GPR') + 24), STATE.RAX)
  state.set(bytes.subarray(OPERAND, OPERAND + 128), STATE.MEMORY)
  return state
}
