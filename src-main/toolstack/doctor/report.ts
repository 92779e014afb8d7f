// The report that is attached to a question or a bug: versions, configuration, findings, notices and logs as one zip of readable
// files, everything through redact(). It holds nothing of a guest: no disk, no console, no memory.
// Runs in: main, plain Node.
import { homedir, hostname, userInfo } from 'node:os'
import { strToU8, zipSync } from 'fflate'
import { fileStem } from '../../../src-engine/public/name'
import { err, ok } from '../../../src-engine/public/result'
import type { Outcome } from '../../driver/driver'
import { writeFileAtomic } from '../../lib/atomic-file'
import { writeProblem } from '../../lib/write-problem'
import type { Diagnosis } from '../../public/doctor'
import { explainError } from '../../public/error-code'
import type { AboutInfo, DomainInfo, HostInfo, JobInfo, LogLine, Notice } from '../../public/types'
import { redact, type Secrets, secretWords } from './redact'

export interface ReportFacts {
  readonly about: AboutInfo
  /** Null when no connection is open. */
  readonly host: HostInfo | null
  readonly preferences: unknown
  readonly connections: unknown
  readonly networks: unknown
  readonly domains: readonly DomainInfo[]
  readonly notices: readonly Notice[]
  readonly jobs: readonly JobInfo[]
  readonly diagnosis: Diagnosis
  log(uuid: string): readonly LogLine[]
  /** The definition as domain XML, where it can be written so. */
  xml(uuid: string): string | undefined
}

function fileName(name: string, taken: ReadonlySet<string>): string {
  const plain = fileStem(name, '_', 60) || 'machine'
  let free = plain
  for (let number = 2; taken.has(free); number++) free = `${plain}-${number}`
  return free
}

/** The files of the report by name, secrets removed. */
export function reportFiles(facts: ReportFacts, secrets: Omit<Secrets, 'words'>): ReadonlyMap<string, string> {
  const configs = facts.domains.flatMap(({ config, running }) => [config, running].filter((one) => one !== null))
  const all: Secrets = { ...secrets, words: secretWords(configs) }
  const files = new Map<string, string>()
  const add = (name: string, text: string): void => {
    files.set(redact(name, all), redact(text, all))
  }
  const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`
  const { hostName: _name, ...host } = facts.host ?? { hostName: '' }
  add('about.json', json(facts.about))
  add('host.json', json(host))
  add('preferences.json', json(facts.preferences))
  add('connections.json', json(facts.connections))
  add('networks.json', json(facts.networks))
  add('findings.json', json(facts.diagnosis.findings))
  add('jobs.json', json(facts.jobs))
  add('notices.txt', facts.notices.map((notice) => `${noticeText(notice)}\n`).join(''))
  const taken = new Set<string>()
  for (const domain of facts.domains) {
    const name = fileName(domain.name, taken)
    taken.add(name)
    add(`domains/${name}.json`, json(domain))
    const xml = facts.xml(domain.uuid)
    if (xml !== undefined) add(`domains/${name}.xml`, xml)
    const lines = facts.log(domain.uuid)
    if (lines.length > 0) add(`logs/${name}.log`, lines.map((line) => `${lineText(line)}\n`).join(''))
  }
  return files
}

function noticeText({ time, severity, error }: Notice): string {
  const { cause, action } = explainError(error)
  return `${new Date(time).toISOString()} ${severity} ${error.reason}: ${cause} ${action}`
}

function lineText({ time, level, text }: LogLine): string {
  return `${new Date(time).toISOString()} ${level.padEnd(7)} ${text}`
}

export async function writeReport(path: string, facts: ReportFacts): Outcome {
  const secrets = { home: homedir(), user: userInfo().username, host: hostname() }
  const files = reportFiles(facts, secrets)
  const zip = zipSync(Object.fromEntries([...files].map(([name, text]) => [`ringmaster-report/${name}`, strToU8(text)])))
  try {
    await writeFileAtomic(path, zip)
    return ok(null)
  } catch (thrown) {
    return err(writeProblem(path, thrown))
  }
}
