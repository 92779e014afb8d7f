// How many vcpus a domain may have on which host. Runs in: vitest.
import { expect, it } from 'vitest'
import { checkVcpus, MAX_VCPUS } from '../../../src-engine/process/new-domain'

it('several vcpus need a host that keeps the memory order of x86; elsewhere a domain has one, and a sentence says why', () => {
  expect(checkVcpus(MAX_VCPUS, 'x64')).toBeUndefined()
  expect(checkVcpus(MAX_VCPUS + 1, 'x64')).toMatch(/^A domain has at most 8 vcpus /)
  for (const host of ['arm64', 'arm', 'riscv64', 'ppc64', 'loong64', 's390x']) {
    expect(checkVcpus(1, host)).toBeUndefined()
    expect(checkVcpus(2, host)).toBe(
      `On this computer (${host}) a domain has one vcpu, not 2: several need a host with the memory order of x86.`,
    )
  }
})
