// The ACPI tables: linked as the specification says, sums right, and read by ACPICA's own disassembler where it is there.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeAcpiTables } from '../../../src-engine/builder/acpi'
import { missingProgram } from '../../support/programs'

const BASE = 0xfc00_0000

function tables(vcpus: number): { find(signature: string): Buffer; bytes: Buffer; rsdp: Buffer } {
  const made = makeAcpiTables(BASE, vcpus)
  const bytes = Buffer.from(made.bytes)
  const at = (address: number): Buffer => {
    const start = address - BASE
    return bytes.subarray(start, start + bytes.readUInt32LE(start + 4))
  }
  const rsdp = bytes.subarray(made.rsdp - BASE, made.rsdp - BASE + 36)
  const xsdt = at(Number(rsdp.readBigUInt64LE(24)))
  const listed = Array.from({ length: (xsdt.length - 36) / 8 }, (_, n) => at(Number(xsdt.readBigUInt64LE(36 + n * 8))))
  const fadt = listed.find((table) => table.toString('latin1', 0, 4) === 'FACP') ?? Buffer.alloc(268)
  const all = [xsdt, at(rsdp.readUInt32LE(16)), ...listed, at(Number(fadt.readBigUInt64LE(140))), at(fadt.readUInt32LE(36))]
  return {
    bytes,
    rsdp,
    find: (signature) => all.find((table) => table.toString('latin1', 0, 4) === signature) ?? Buffer.alloc(0),
  }
}

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total + byte) & 0xff, 0)

describe('the ACPI tables', () => {
  it('are reached from the RSDP and add up to zero', () => {
    const { rsdp, find } = tables(1)
    expect(rsdp.toString('latin1', 0, 8)).toBe('RSD PTR ')
    expect(sum(rsdp.subarray(0, 20))).toBe(0)
    expect(sum(rsdp)).toBe(0)
    for (const signature of ['XSDT', 'RSDT', 'FACP', 'APIC', 'DSDT']) expect(sum(find(signature)), signature).toBe(0)
    expect(find('FACS').length).toBe(64)
  })

  it('say PVH: no VGA and no CMOS clock, not hardware-reduced, no 8042, no PM timer', () => {
    const fadt = tables(1).find('FACP')
    expect(fadt.length).toBe(268)
    expect(fadt[8]).toBe(5)
    expect(fadt.readUInt16LE(109)).toBe((1 << 2) | (1 << 5))
    expect(fadt.readUInt32LE(112) & (1 << 20)).toBe(0)
    expect(fadt.readUInt32LE(76)).toBe(0)
    expect([fadt.readUInt32LE(56), fadt.readUInt32LE(64), fadt.readUInt32LE(80)]).toEqual([0xb000, 0xb004, 0xafe0])
  })

  it('list one local APIC per vcpu, APIC id twice the vcpu id, and no 8259', () => {
    const madt = tables(3).find('APIC')
    expect(madt.readUInt32LE(36)).toBe(0xfee0_0000)
    expect(madt.readUInt32LE(40)).toBe(0)
    expect([...madt.subarray(44)]).toEqual([0, 1, 2].flatMap((vcpu) => [0, 8, vcpu, vcpu * 2, 1, 0, 0, 0]))
  })

  for (const vcpus of [1, 2, 32]) {
    it(`are read back by iasl for ${vcpus} vcpus`, ({ skip }) => {
      if (missingProgram('iasl')) skip('iasl (package acpica-tools) is not installed')
      const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-acpi-'))
      try {
        for (const signature of ['FACP', 'APIC', 'DSDT']) {
          const file = path.join(folder, `${signature}.dat`)
          writeFileSync(file, tables(vcpus).find(signature))
          const run = spawnSync('iasl', ['-d', file], { encoding: 'utf8' })
          expect(run.status, run.stderr).toBe(0)
          expect(run.stdout + run.stderr).not.toMatch(/warning|error/i)
        }
        const dsdt = readFileSync(path.join(folder, 'DSDT.dsl'), 'utf8')
        expect(dsdt.match(/Device \(PR/g)).toHaveLength(vcpus)
        expect(dsdt).toContain('ACPI0007')
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
})
