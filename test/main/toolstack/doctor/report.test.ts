// The report for others: everything that helps is in it, and no secret is, wherever one stood.
// Runs in: vitest, plain Node; the zip is read by a program that is not ours where there is one.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { errorReport } from '../../../../src-main/public/error-code'
import type { DomainConfig, DomainInfo } from '../../../../src-main/public/types'
import { redact } from '../../../../src-main/toolstack/doctor/redact'
import { type ReportFacts, reportFiles, writeReport } from '../../../../src-main/toolstack/doctor/report'
import { domainInfo } from '../../../support/domain-info'

const PASSWORD = 'Tr"u&b\\4'
const LINE_PASSWORD = 'hunter2hunter2'
const user = { home: '/home/ada', user: 'ada', host: 'enigma' }

const config: DomainConfig = {
  name: 'ada’s / server',
  memoryMiB: 256,
  vcpus: 1,
  kernel: '/home/ada/vmlinuz',
  ramdisk: null,
  cmdline: `console=hvc0 root_password=${LINE_PASSWORD} quiet`,
  devices: [{ kind: 'vfb', width: 800, height: 600, vnc: { kind: 'tcp', address: '0.0.0.0', port: 5900, password: PASSWORD } }],
}

const domainOf = (uuid: string): DomainInfo => domainInfo({ uuid, name: config.name, config, running: config })

const facts: ReportFacts = {
  about: {
    name: 'Ringmaster',
    version: '1.2.3',
    licence: '',
    electron: '45',
    chromium: '',
    node: '',
    platform: '',
    driver: 'test',
    electronSource: '/home/ada/electron',
    commandLine: null,
    notifications: true,
    warning: null,
  },
  host: {
    hostName: 'enigma',
    cpuModel: 'A processor',
    cpus: 2,
    memoryMiB: 4096,
    freeMemoryMiB: 1024,
    driver: 'test',
    limits: { maxVcpus: 1, minMemoryMiB: 16, maxMemoryMiB: 4000, pinning: 0, devices: [] },
    demoGuest: { available: true, error: null },
    debianGuest: { available: true, error: null },
    platform: 'linux',
    diskFolder: '/home/ada/.config/ringmaster/disks',
  },
  preferences: { theme: 'dark' },
  connections: [],
  networks: [],
  domains: [domainOf('11111111-2222-4333-8444-555555555555'), domainOf('11111111-2222-4333-8444-666666666666')],
  notices: [
    { id: 1, time: 0, severity: 'warning', error: errorReport('file-unreadable', { path: '/home/ada/x', detail: 'gone' }) },
  ],
  jobs: [],
  diagnosis: { findings: [], checks: [] },
  log: () => [
    {
      time: 0,
      level: 'info',
      source: 'engine',
      text: `viewer of enigma gave ${PASSWORD}; token: abcdef, in /home/berta/y by ada`,
    },
  ],
  xml: () => `<graphics passwd='${PASSWORD}'/>`,
}

describe('a report', () => {
  it('has versions, configuration, logs and notices, and no secret', () => {
    const files = reportFiles(facts, user)
    const all = [...files].flat().join('\n')
    for (const secret of [
      PASSWORD,
      JSON.stringify(PASSWORD).slice(1, -1),
      LINE_PASSWORD,
      'abcdef',
      '/home/ada',
      'berta',
      'enigma',
    ]) {
      expect(all).not.toContain(secret)
    }
    expect(all).not.toMatch(/\bada\b/)
    expect([...files.keys()].filter((name) => name.startsWith('domains/'))).toHaveLength(4)
    expect([...files.keys()].every((name) => !/[\s:\\]|\.\./.test(name))).toBe(true)
    expect(files.get('about.json')).toContain('1.2.3')
    expect(files.get('host.json')).toContain('A processor')
    expect(all).toContain('~/vmlinuz')
    expect(all).toContain('console=hvc0')
    expect(files.get('notices.txt')).toContain('file-unreadable')
    // What was JSON still is.
    for (const [name, text] of files) if (name.endsWith('.json')) expect(() => JSON.parse(text), name).not.toThrow()
  })

  it('is one zip that other programs read', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-report-'))
    const file = path.join(folder, 'report.zip')
    try {
      expect(await writeReport(file, facts)).toMatchObject({ ok: true })
      const about = unzipSync(fs.readFileSync(file))['ringmaster-report/about.json']
      expect(about && strFromU8(about)).toContain('1.2.3')
      const listed = execFileSync('python3', ['-m', 'zipfile', '-l', file], { encoding: 'utf8' })
      expect(listed).toContain('ringmaster-report/host.json')
      expect(execFileSync('python3', ['-m', 'zipfile', '-t', file], { encoding: 'utf8' })).toContain('Done testing')
      expect(await writeReport(path.join(folder, 'not', 'there.zip'), facts)).toMatchObject({
        ok: false,
        error: { reason: 'file-unwritable' },
      })
    } finally {
      fs.rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('what is removed', () => {
  it.each([
    ['password=x1y2z3 quiet', 'password=(removed) quiet'],
    ['"vncpasswd": "abc"', '"vncpasswd": "(removed)"'],
    ['api_key: s3cr3t;', 'api_key: (removed);'],
    ['/home/ada/file and /home/eve/file', '~/file and /home/(user)/file'],
    ['C:\\Users\\eve\\x', 'C:\\Users\\(user)\\x'],
    ['ada, adamant and canada', '(user), adamant and canada'],
    ['no secret here', 'no secret here'],
  ])('%s', (text, clean) => expect(redact(text, { ...user, words: [] })).toBe(clean))
})
