// Commands that tell of domains and of the host: list, domid, domname, vcpu-list, vcpu-set, sched-credit, uptime, info, dmesg, sysrq, dumpxml.
// Runs in: command line, plain Node.
import { machine, release, version } from 'node:os'
import { ownUuid } from '../public/connection'
import { parseCpuSet } from '../public/cpu-set'
import { currentVcpusOf, type DomainInfo, MOST_CPU_CAP, MOST_CPU_WEIGHT, SAMPLE_INTERVAL_MS } from '../public/types'
import { type Context, call, domainList, domidOf, Failure, findDomain, findGuest } from './context'
import { creditTable, infoTable, type ListRow, listTable, longConfig, stateLetters, uptimeTable, vcpuTable } from './tables'

/** From this share of a processor on a domain is shown as running, below as blocked. */
export const BUSY = 0.5

async function rowOf(context: Context, domain: DomainInfo): Promise<ListRow> {
  const { uuid, name, domid, config, running } = domain
  // Processor time is what the samples of this run sum up to; they go back an hour.
  const samples = domid === null ? undefined : await call(context, 'domainSamples', { uuid, minutes: 60 })
  const since = domain.startedAt ?? 0
  const used = samples?.cpu.filter((_, at) => (samples.time[at] ?? 0) >= since) ?? []
  const seconds = used.reduce((sum, share) => sum + share, 0) * (SAMPLE_INTERVAL_MS / 1000)
  const shown = running ?? config
  const memoryMiB = shown?.memoryMiB ?? Math.round((samples?.memoryKiB.at(-1) ?? 0) / 1024)
  const state =
    domid === null && domain.kind === 'guest' ? offLetters(domain) : stateLetters(domain, (used.at(-1) ?? 0) >= BUSY)
  return { name, uuid: ownUuid(domain), domid, memoryMiB, vcpus: shown?.vcpus ?? 1, state, seconds }
}

function offLetters(domain: DomainInfo): string {
  return domain.state === 'crashed' ? stateLetters(domain, false) : '------'
}

async function shown(context: Context, words: readonly string[], all: boolean): Promise<DomainInfo[]> {
  if (words.length > 0) return Promise.all(words.map((word) => findDomain(context, word)))
  const domains = await domainList(context)
  return domains
    .filter(({ domid }) => all || domid !== null)
    .sort((a, b) => (a.domid ?? Number.MAX_SAFE_INTEGER) - (b.domid ?? Number.MAX_SAFE_INTEGER))
}

export interface ListOptions {
  readonly long?: true
  readonly verbose?: true
  readonly all?: true
}

export async function list(context: Context, words: readonly string[], options: ListOptions): Promise<void> {
  const domains = await shown(context, words, options.all === true)
  if (options.long) {
    const entries = domains.flatMap((domain) => {
      const now = domain.running ?? domain.config
      return now ? [longConfig(ownUuid(domain), domain.domid, now)] : []
    })
    context.out(JSON.stringify(entries, undefined, 4))
    return
  }
  context.out(listTable(await Promise.all(domains.map((domain) => rowOf(context, domain))), options.verbose === true))
}

export async function domid(context: Context, word: string): Promise<void> {
  context.out(String(domidOf(await findDomain(context, word))))
}

export async function domname(context: Context, word: string): Promise<void> {
  if (!/^\d+$/.test(word)) throw new Failure(`Invalid domain id: ${word}`)
  context.out((await findDomain(context, word)).name)
}

export async function vcpuList(context: Context, words: readonly string[]): Promise<void> {
  const domains = await shown(context, words, false)
  const rows = domains.map(async (domain) => ({
    ...(await rowOf(context, domain)),
    offline: await offlineVcpus(context, domain),
    cpuSet: (domain.running ?? domain.config)?.cpuSet,
  }))
  context.out(vcpuTable(await Promise.all(rows)))
}

/** Those that the domain was asked to take off (vcpu-set), which a guest does by itself. */
async function offlineVcpus(context: Context, domain: DomainInfo): Promise<ReadonlySet<number>> {
  const { uuid, domid, running } = domain
  if (domid === null || (running?.vcpus ?? 1) === 1) return new Set()
  const { text } = await call(context, 'storeDump', { uuid })
  return new Set([...text.matchAll(/\/cpu\/(\d+)\/availability = "offline"/g)].map(([, vcpu]) => Number(vcpu)))
}

/**
 * The guest is told in XenStore which of its vcpus it may have, as by xl; the first always stays. Of a machine that is off its
 * definition is changed: so many it starts with.
 */
export async function vcpuSet(
  context: Context,
  word: string,
  count: string,
  options: { readonly ignoreHost?: true },
): Promise<void> {
  const domain = await findGuest(context, word)
  const { config, domid, uuid } = domain
  const { vcpus, currentVcpus = vcpus } = domain.running ?? config
  if (!/^\d{1,4}$/.test(count) || Number(count) < 1) throw new Failure(`Error: Invalid argument ${count} as VCPUS.`)
  const wanted = Number(count)
  if (wanted > vcpus) throw new Failure(`Requested ${wanted} VCPUs, however maxcpus is ${vcpus}!`)
  const now = domid === null ? currentVcpus : vcpus - (await offlineVcpus(context, domain)).size
  const { cpus } = await call(context, 'hostInfo', {})
  if (wanted > cpus && wanted > now && !options.ignoreHost) {
    throw new Failure(`The host has ${cpus} processors, fewer than ${wanted} VCPUs; --ignore-host does it all the same.`)
  }
  if (domid !== null) await call(context, 'domainSetVcpus', { uuid, vcpus: wanted })
  else {
    const to = { ...config, currentVcpus: currentVcpusOf(wanted, vcpus).currentVcpus }
    await call(context, 'domainRedefine', { uuid, config: to, base: config })
  }
}

/** Which processors of the host all vcpus of a domain run on: in the definition, and at once in a machine that runs. */
export async function vcpuPin(context: Context, word: string, vcpu: string, hard: string, soft: string): Promise<void> {
  const { uuid, config } = await findGuest(context, word)
  if (vcpu !== 'all' && !(vcpu === '0' && config.vcpus === 1)) {
    throw new Failure('The VCPUs of a machine are pinned together here: say "all".')
  }
  if (soft !== '' && soft !== '-' && soft !== 'all')
    throw new Failure('There is no soft affinity here: leave it out, or say "-".')
  if (hard === '-') return
  if (hard !== 'all' && parseCpuSet(hard) === undefined) throw new Failure(`Error: Invalid argument ${hard} as CPU list.`)
  await call(context, 'domainRedefine', {
    uuid,
    config: { ...config, cpuSet: hard === 'all' ? undefined : hard },
    base: config,
  })
}

/** Shows weight and cap, or changes them: in the definition, and at once in a machine that runs. */
export async function schedCredit(
  context: Context,
  word: string | undefined,
  given: { readonly cpuWeight: string | undefined; readonly cpuCap: string | undefined },
): Promise<void> {
  const { cpuWeight, cpuCap } = given
  if (cpuWeight === undefined && cpuCap === undefined) {
    return context.out(creditTable(await shown(context, word === undefined ? [] : [word], false)))
  }
  if (word === undefined) throw new Failure('Must specify a domain.')
  const { uuid, config } = await findGuest(context, word)
  const figure = (text: string, what: string, least: number, most: number): number => {
    if (/^\d{1,5}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
    throw new Failure(`${what} out of range, valid values are from ${least} to ${most}`)
  }
  const changed = {
    ...config,
    ...(cpuWeight !== undefined && { cpuWeight: figure(cpuWeight, 'Cpu weight', 1, MOST_CPU_WEIGHT) }),
    ...(cpuCap !== undefined && { cpuCap: figure(cpuCap, 'Cpu cap', 0, MOST_CPU_CAP) }),
  }
  await call(context, 'domainRedefine', { uuid, config: changed, base: config })
}

export async function uptime(context: Context, words: readonly string[]): Promise<void> {
  const domains = await shown(context, words, false)
  const rows = domains.map((domain) => ({
    name: domain.name,
    domid: domidOf(domain),
    seconds: Math.max(0, Math.floor((context.now() - (domain.startedAt ?? context.now())) / 1000)),
  }))
  context.out(uptimeTable(rows))
}

export async function info(context: Context): Promise<void> {
  const system = { release: release(), version: version(), machine: machine() }
  context.out(infoTable(await call(context, 'hostInfo', {}), system))
}

/** Xen has one ring for all domains; each of ours has its own, so they are read together. */
export async function dmesg(context: Context): Promise<void> {
  const all = await Promise.all(
    (await domainList(context)).map(async ({ uuid, kind }) => {
      const lines = await call(context, 'domainLog', { uuid })
      return kind === 'domain0' ? lines : lines.filter(({ source }) => source === 'hypervisor')
    }),
  )
  for (const { text } of all.flat().sort((a, b) => a.time - b.time)) context.out(text.replace(/\n$/, ''))
}

/** The guest's kernel watches the node that the letter is written to. */
export async function sysrq(context: Context, word: string, letter: string): Promise<void> {
  if (!/^[a-z0-9]$/i.test(letter)) throw new Failure('The sysrq command is one letter or digit.')
  const domain = await findGuest(context, word)
  const path = `/local/domain/${domidOf(domain)}/control/sysrq`
  await call(context, 'storeWrite', { uuid: domain.uuid, path, value: letter })
}

export async function dumpxml(
  context: Context,
  word: string,
  options: { readonly xl?: true; readonly securityInfo?: true },
): Promise<void> {
  const { uuid } = await findDomain(context, word)
  const format = options.xl ? 'xl' : 'xml'
  const { text, notes } = await call(context, 'configText', { uuid, format, secure: options.securityInfo === true })
  context.out(text.replace(/\n$/, ''))
  if (notes.length > 0) context.err('This format has no place for all of it; see the last lines.')
}
