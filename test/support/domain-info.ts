// What main tells of a domain, for tests of what is made of it: a running guest unless a test says otherwise.
// Runs in: vitest.
import type { DomainInfo } from '../../src-main/public/types'

export function domainInfo(part: Partial<DomainInfo> = {}): DomainInfo {
  return {
    uuid: 'a',
    name: 'a',
    kind: 'guest',
    state: 'running',
    detail: '',
    domid: 1,
    config: null,
    running: null,
    operations: [],
    job: null,
    startedAt: null,
    savedAt: null,
    vncAt: null,
    clockStandsAt: null,
    stalledBy: null,
    ...part,
  }
}
