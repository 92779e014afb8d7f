// What ends up where in a domain's memory, and the one sentence for each image that cannot be started.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { buildDomain } from '../../../src-engine/builder/build-domain'
import type { BuildInput, BuildTarget, InitialState } from '../../../src-engine/builder/initial-state'
import { debianGuest } from '../../support/debian-guest'
import { makeElf, NOTE_PHYS32_ENTRY, NOTE_SUPPORTED_FEATURES, number } from '../../support/elf-image'
import { missingProgram, runProgram } from '../../support/programs'

const MIB = 1024 * 1024

/** RAM in an ordinary buffer, filled with a pattern so that what must be cleared shows. */
class TestTarget implements BuildTarget {
  readonly ramBytes: number
  readonly ram: Buffer
  readonly pages = new Map<number, { kind: string; bytes: Buffer }>()
  readonly ranges: { start: number; end: number }[] = []

  constructor(ramBytes: number) {
    this.ramBytes = ramBytes
    this.ram = Buffer.alloc(ramBytes)
    if (ramBytes <= 64 * MIB) this.ram.fill(0xcc)
  }

  write(gpa: number, bytes: Uint8Array): void {
    this.note(gpa, bytes.length)
    this.ram.set(bytes, gpa)
  }

  zero(gpa: number, length: number): void {
    this.note(gpa, length)
    this.ram.fill(0, gpa, gpa + length)
  }

  mapPage(kind: string, gfn: number, bytes: Uint8Array): void {
    expect(gfn * 4096).toBeGreaterThanOrEqual(this.ramBytes)
    expect(this.pages.has(gfn)).toBe(false)
    this.pages.set(gfn, { kind, bytes: Buffer.from(bytes) })
  }

  private note(start: number, length: number): void {
    expect(start).toBeGreaterThanOrEqual(0)
    expect(start + length).toBeLessThanOrEqual(this.ramBytes)
    for (const range of this.ranges) expect(start + length <= range.start || range.end <= start).toBe(true)
    this.ranges.push({ start, end: start + length })
  }
}

interface Built {
  readonly state: InitialState
  readonly target: TestTarget
  readonly info: { modules: number; modlist: number; commandLine: string; rsdp: number; entries: number[][] }
}

function build(input: Partial<BuildInput> & { kernel: Uint8Array }, memory: number): Built {
  const target = new TestTarget(memory * MIB)
  const built = buildDomain({ commandLine: 'console=hvc0', vcpus: 1, ...input }, target)
  if (!built.ok) throw new Error(built.error.message)
  const { ram } = target
  const at = built.value.registers.rbx
  const quad = (offset: number): number => Number(ram.readBigUInt64LE(offset))
  expect([ram.readUInt32LE(at), ram.readUInt32LE(at + 4), ram.readUInt32LE(at + 8)]).toEqual([0x336ec578, 1, 0])
  const text = quad(at + 24)
  const entries = Array.from({ length: ram.readUInt32LE(at + 48) }, (_, n) => {
    const entry = quad(at + 40) + n * 24
    return [quad(entry), quad(entry + 8), ram.readUInt32LE(entry + 16)]
  })
  for (const pointer of [at, quad(at + 40), quad(at + 16), text]) expect(pointer).toBeLessThan(1024 * MIB)
  const commandLine = ram.toString('utf8', text, ram.indexOf(0, text))
  const info = { modules: ram.readUInt32LE(at + 12), modlist: quad(at + 16), commandLine, rsdp: quad(at + 32), entries }
  return { state: built.value, target, info }
}

function refusal(input: Partial<BuildInput> & { kernel: Uint8Array }, memory = 64): string {
  const nowhere = { ramBytes: memory * MIB, write: () => undefined, zero: () => undefined, mapPage: () => undefined }
  const built = buildDomain({ commandLine: '', vcpus: 1, ...input }, nowhere)
  if (built.ok) return ''
  expect(built.error.message).toMatch(/^[^\n]+\.$/)
  return built.error.message
}

const entry = { type: NOTE_PHYS32_ENTRY, value: number(0x10_0010, 4) }
const small = makeElf({
  bits: 32,
  segments: [{ address: 0x10_0000, content: new Uint8Array(5000).fill(0x90), memorySize: 3 * MIB }],
  notes: [entry],
})

/** A bzImage of the least that the format asks for. */
function bzImage(payload: Uint8Array, version = 0x20f): Uint8Array {
  const header = Buffer.alloc(1024)
  header[0x1f1] = 1
  header.write('HdrS', 0x202, 'latin1')
  header.writeUInt16LE(version, 0x206)
  header.writeUInt32LE(0, 0x248)
  header.writeUInt32LE(payload.length, 0x24c)
  return Buffer.concat([header, payload])
}

describe('a domain built from a small kernel', () => {
  it('has the kernel at p_paddr, its bss cleared, and starts at the note', () => {
    const { state, target } = build({ kernel: small }, 16)
    expect(state.registers).toMatchObject({
      rip: 0x10_0010,
      rflags: 2,
      cr0: 0x11,
      cr4: 0,
      efer: 0,
      dr6: 0xffff0ff0,
      dr7: 0x400,
    })
    expect(state.registers.cs).toEqual({ selector: 0, base: 0, limit: 0xffffffff, attributes: 0xc9b })
    expect(target.ram[0x10_0000 + 4999]).toBe(0x90)
    expect(target.ram.subarray(0x10_0000 + 5000, 0x10_0000 + 3 * MIB).every((byte) => byte === 0)).toBe(true)
    expect(state.ramPages).toBe(4096)
  })

  it('has a start info with the command line, the memory map and no module', () => {
    const { state, info } = build({ kernel: small, commandLine: 'a=ü b' }, 16)
    expect(info.commandLine).toBe('a=ü b')
    expect(info.modules).toBe(0)
    expect(info.entries).toEqual(state.memoryMap.map(({ address, size, type }) => [address, size, type]))
    expect(info.entries[0]).toEqual([0, 16 * MIB, 1])
  })

  it('has the start info below a 32-bit kernel, whose first page tables end a little behind it, and high for others', () => {
    const at = (bits: 32 | 64): number => {
      const kernel = makeElf({
        bits,
        segments: [{ address: 4 * MIB, content: new Uint8Array(5000), memorySize: MIB }],
        notes: [high],
      })
      return build({ kernel, ramdisk: new Uint8Array(4096) }, 64).state.registers.rbx
    }
    const high = { type: NOTE_PHYS32_ENTRY, value: number(4 * MIB, 4) }
    expect(at(32)).toBe(4 * MIB - 4096)
    expect(at(64)).toBeGreaterThan(60 * MIB)
  })

  it('has the ramdisk page-aligned at the top of memory, but below 1 GiB', () => {
    const ramdisk = new Uint8Array(100_001).map((_, at) => at)
    for (const [memory, top] of [
      [16, 16 * MIB],
      [2048, 1024 * MIB],
    ] as const) {
      const { target, info } = build({ kernel: small, ramdisk }, memory)
      const at = Number(target.ram.readBigUInt64LE(info.modlist))
      expect(info.modules).toBe(1)
      expect(at % 4096).toBe(0)
      expect(at).toBe(top - 102_400)
      expect(Number(target.ram.readBigUInt64LE(info.modlist + 8))).toBe(100_001)
      expect(target.ram.subarray(at, at + 100_001).equals(ramdisk)).toBe(true)
    }
  })

  it('has the ramdisk below a kernel that is loaded at the end of memory', () => {
    const high = makeElf({
      bits: 32,
      segments: [
        { address: 0x10_0000, content: new Uint8Array(64) },
        { address: 15 * MIB, content: new Uint8Array(MIB) },
      ],
      notes: [entry],
    })
    const { target, info } = build({ kernel: high, ramdisk: new Uint8Array(8 * MIB) }, 16)
    expect(Number(target.ram.readBigUInt64LE(info.modlist))).toBe(7 * MIB)
  })

  it('has an RSDP in the BIOS area unless the kernel says it may be anywhere', () => {
    const low = build({ kernel: small }, 16)
    expect(low.info.rsdp).toBe(0x10_0000 - 36)
    expect(low.target.ram.toString('latin1', low.info.rsdp, low.info.rsdp + 8)).toBe('RSD PTR ')
    const free = makeElf({
      bits: 64,
      segments: [{ address: 0x10_0000, content: new Uint8Array(64) }],
      notes: [entry, { type: NOTE_SUPPORTED_FEATURES, value: number(0x8801, 4) }],
    })
    expect(build({ kernel: free }, 16).info.rsdp).toBeGreaterThan(0xfc00_0000)
  })

  it('has zeroed pages for XenStore and console outside its RAM', () => {
    const { state, target } = build({ kernel: small }, 16)
    expect(target.pages.get(state.storeGfn)).toMatchObject({ kind: 'store', bytes: Buffer.alloc(0) })
    expect(target.pages.get(state.consoleGfn)).toMatchObject({ kind: 'console', bytes: Buffer.alloc(0) })
  })

  it('is the same when the kernel comes packed in a bzImage', () => {
    expect(build({ kernel: bzImage(gzipSync(small)) }, 16).state.registers.rip).toBe(0x10_0010)
  })
})

describe('an image that cannot be started gets one clear sentence', () => {
  const noNote = makeElf({ bits: 64, segments: [{ address: MIB, content: new Uint8Array(64) }] })
  const outside = makeElf({ bits: 64, segments: [{ address: 2 * MIB, content: new Uint8Array(64) }], notes: [entry] })
  const random = Uint8Array.from({ length: 100_000 }, (_, at) => (at * 7919 + (at >> 3)) & 0xff)
  const packed = gzipSync(small)
  const rows: [what: string, input: Partial<BuildInput> & { kernel: Uint8Array }, memory: number, expected: RegExp][] = [
    ['an empty kernel file', { kernel: new Uint8Array(0) }, 64, /neither a bzImage nor an ELF kernel \(it is empty\)/],
    ['random bytes', { kernel: random }, 64, /neither a bzImage nor an ELF kernel/],
    ['a kernel without a PVH note', { kernel: noNote }, 64, /no PVH entry/],
    ['an entry outside of the kernel', { kernel: outside }, 64, /entry is outside/],
    ['a truncated bzImage', { kernel: bzImage(packed).subarray(0, 1100) }, 64, /truncated: it has 1100 bytes and should have/],
    [
      'a damaged payload',
      { kernel: bzImage(packed.map((byte, at) => (at > 30 ? byte ^ 1 : byte))) },
      64,
      /cannot be unpacked: gzip/,
    ],
    ['an ELF-less payload', { kernel: bzImage(gzipSync(random)) }, 64, /packed inside is not an ELF kernel/],
    [
      'a bzip2 payload',
      { kernel: bzImage(Buffer.from('BZh91AY&SYxxxxxxxxxx')) },
      64,
      /compressed with bzip2, which is not supported/,
    ],
    [
      'an unknown compression',
      { kernel: bzImage(random.subarray(0, 5000)) },
      64,
      /compressed in a way we do not know \(it begins with /,
    ],
    ['an old boot protocol', { kernel: bzImage(packed, 0x207) }, 64, /boot protocol 2\.07/],
    ['a kernel larger than memory', { kernel: small }, 3, /reaches to 4 MiB and the domain has 3 MiB/],
    [
      'a ramdisk larger than memory',
      { kernel: small, ramdisk: new Uint8Array(17 * MIB) },
      16,
      /\(17 MiB\) is larger than the domain's memory \(16 MiB\)/,
    ],
    [
      'a ramdisk that only just does not fit',
      { kernel: small, ramdisk: new Uint8Array(12.5 * MIB) },
      16,
      /does not fit beside the kernel/,
    ],
    [
      'a command line that is too long',
      { kernel: small, commandLine: 'x'.repeat(2048) },
      16,
      /2048 bytes; kernels read at most 2047/,
    ],
    ['a NUL in the command line', { kernel: small, commandLine: 'a\0b' }, 16, /NUL character/],
  ]
  for (const [what, input, memory, expected] of rows) {
    it(what, () => expect(refusal(input, memory)).toMatch(expected))
  }

  it('a small kernel cut off or changed at any byte', () => {
    for (let length = 0; length < small.length - 16; length += 37) refusal({ kernel: small.subarray(0, length) }, 16)
    const image = bzImage(packed)
    for (let at = 0; at < image.length; at++) {
      const damaged = Uint8Array.from(image)
      damaged[at] = (damaged[at] ?? 0) ^ 0xff
      refusal({ kernel: damaged }, 16)
    }
  })
})

describe("Debian's kernels", () => {
  // Facts of xen-guest-abi.md 1.1 that hold for every 6.1 kernel; versions are whatever apt gives today.
  for (const [flavour, program, args] of [
    ['cloud', 'lz4', ['-dc']],
    ['standard', 'xz', ['-dc']],
  ] as const) {
    it(`(${flavour}) are unpacked as ${program} does it, enter at the note, and leave room at 128 MiB`, async ({ skip }) => {
      const guest = await debianGuest(flavour)
      if (!guest.ok) return skip(guest.error)
      const missing = missingProgram(program)
      if (missing) return skip(`${missing} is not installed`)
      const kernel = readFileSync(guest.value.kernel)
      const start = ((kernel[0x1f1] ?? 0) + 1) * 512 + kernel.readUInt32LE(0x248)
      const payload = kernel.subarray(start, start + kernel.readUInt32LE(0x24c) - 4)
      const reference = runProgram(program, args, payload)
      const ramdisk = readFileSync(guest.value.ramdisk)
      const { state, target } = build({ kernel, ramdisk }, 128)
      expect(state.registers.rip).toBe(0x100_0850)
      expect(state.log.join('\n')).toMatch(/linux 2\.6/)
      // Every PT_LOAD of the reference is in memory, byte for byte.
      let loaded = 0
      for (let index = 0; index < reference.readUInt16LE(56); index++) {
        const header = Number(reference.readBigUInt64LE(32)) + index * 56
        if (reference.readUInt32LE(header) !== 1) continue
        const [offset, address, size] = [8, 24, 32].map((field) => Number(reference.readBigUInt64LE(header + field)))
        if (offset === undefined || address === undefined || size === undefined) throw new Error('unreadable header')
        expect(target.ram.subarray(address, address + size).equals(reference.subarray(offset, offset + size))).toBe(true)
        loaded += size
      }
      expect(loaded).toBeGreaterThan(20 * MIB)
    }, 180_000)
  }
})
