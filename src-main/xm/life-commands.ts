// Commands that change what domains do: create, start, shutdown, reboot, pause, unpause, destroy, save, restore, migrate, rename,
// mem-set, delete. Runs in: command line, plain Node.
import { resolve } from 'node:path'
import { readConfigText } from '../lib/config-text'
import { explainNote } from '../public/config-note'
import type { DomainInfo } from '../public/types'
import { attach } from './console'
import { type Context, call, domainList, Failure, findGuest, untilDomain, untilJob } from './context'

export interface CreateOptions {
  readonly console?: true
  /** It is defined, and started some other time. */
  readonly off?: true
  readonly dryrun?: true
  readonly paused?: true
  readonly quiet?: true
}

async function textOf(context: Context, file: string, settings: readonly string[]): Promise<string> {
  const path = resolve(context.folder, file)
  const text = await readConfigText(path).catch((thrown: unknown) => {
    const found = thrown instanceof Error ? thrown.message : String(thrown)
    throw new Failure(`Failed to read config file: ${path}: ${found.replace(/^[A-Z]+: ([^,]+).*$/, '$1')}`)
  })
  if (settings.length === 0) return text
  if (/^\s*</.test(text)) throw new Failure('Settings on the command line go with an xl.cfg, not with domain XML.')
  return `${text}\n${settings.map((setting) => (setting.includes('=') ? setting : `${setting} = 1`)).join('\n')}\n`
}

/** A domain of that name that is off is defined anew and started; one that runs is in the way. */
export async function create(
  context: Context,
  file: string,
  settings: readonly string[],
  options: CreateOptions,
): Promise<void> {
  const text = await textOf(context, file, settings)
  if (!options.quiet) context.err(`Parsing config from ${file}`)
  const look = await call(context, 'configLook', { uuid: null, text })
  const renamed = look.notes.find(({ reason }) => reason === 'name-taken')
  const domains = await domainList(context)
  const old = renamed && domains.find(({ name }) => name === renamed.values['from'])
  if (old && old.domid !== null) throw new Failure(`A domain named ${old.name} runs already.`)
  const uuid = old?.uuid ?? null
  for (const note of look.notes) if (!options.quiet && !(old && note === renamed)) context.err(explainNote(note))
  if (options.dryrun) return context.out(look.text.replace(/\n$/, ''))
  const start = options.paused !== true && options.off !== true
  const defined = await call(context, 'configDefine', { uuid, text: old ? withoutUuid(text) : look.text, start })
  if (options.paused) await call(context, 'domainCreate', { ...defined, fresh: false, paused: true })
  if (!options.console) return
  const { name } = await call(context, 'domainInfo', defined)
  await attach(context, name)
}

/** The text without an identifier of its own: it is for a domain that has one. */
function withoutUuid(text: string): string {
  return /^\s*</.test(text) ? text.replace(/<uuid>[^<]*<\/uuid>/, '') : text.replace(/^\s*uuid\s*=.*$/gm, '')
}

export async function start(context: Context, word: string): Promise<void> {
  const { uuid } = await findGuest(context, word)
  await call(context, 'domainCreate', { uuid, fresh: false })
}

async function active(context: Context): Promise<DomainInfo[]> {
  return (await domainList(context)).filter(({ kind, domid }) => kind === 'guest' && domid !== null)
}

export interface StopOptions {
  readonly all?: true
  readonly wait?: true
}

async function stop(
  context: Context,
  words: readonly string[],
  options: StopOptions,
  name: 'domainShutdown' | 'domainReboot',
): Promise<void> {
  if (words.length === 0 && !options.all) throw new Failure('A domain, or -a for all, is expected.')
  const domains = options.all ? await active(context) : await Promise.all(words.map((word) => findGuest(context, word)))
  const runs = new Map(domains.map(({ uuid, startedAt }) => [uuid, startedAt]))
  for (const domain of domains) {
    context.err(`${name === 'domainReboot' ? 'Rebooting' : 'Shutting down'} domain ${domain.domid ?? domain.name}`)
    await call(context, name, { uuid: domain.uuid })
  }
  if (!options.wait) return
  const over = (domain: DomainInfo | null): boolean =>
    domain === null || domain.domid === null || domain.startedAt !== runs.get(domain.uuid)
  await Promise.all(domains.map(({ uuid }) => untilDomain(context, uuid, over)))
}

export const shutdown = (context: Context, words: readonly string[], options: StopOptions): Promise<void> =>
  stop(context, words, options, 'domainShutdown')
export const reboot = (context: Context, words: readonly string[], options: StopOptions): Promise<void> =>
  stop(context, words, options, 'domainReboot')

export async function pause(context: Context, word: string): Promise<void> {
  await call(context, 'domainSuspend', { uuid: (await findGuest(context, word)).uuid })
}

export async function unpause(context: Context, word: string): Promise<void> {
  await call(context, 'domainResume', { uuid: (await findGuest(context, word)).uuid })
}

/** The old xm had it; xl says `trigger DOMAIN reset`. */
export async function reset(context: Context, word: string): Promise<void> {
  await call(context, 'domainReset', { uuid: (await findGuest(context, word)).uuid })
}

export async function destroy(context: Context, word: string): Promise<void> {
  const { uuid, name, domid } = await findGuest(context, word)
  // A script is told, as xl and virsh do.
  if (domid === null) throw new Failure(`${name} is not running.`)
  await call(context, 'domainDestroy', { uuid })
}

export async function save(context: Context, word: string, file: string): Promise<void> {
  const { uuid } = await findGuest(context, word)
  const { job } = await call(context, 'domainSave', { uuid, path: resolve(context.folder, file) })
  context.err(`Saving to ${file}`)
  await untilJob(context, job)
}

export async function restore(context: Context, file: string): Promise<void> {
  const { job } = await call(context, 'domainRestore', { path: resolve(context.folder, file) })
  context.err(`Loading new save file ${file}`)
  await untilJob(context, job)
}

export async function migrate(context: Context, word: string, host: string): Promise<void> {
  const { name } = await findGuest(context, word)
  throw new Failure(
    `${name} cannot be migrated to ${host}, since Ringmaster has no live migration yet; save it (xm save), copy the file and its disks there, and restore it (xm restore).`,
  )
}

export async function rename(context: Context, word: string, name: string): Promise<void> {
  await call(context, 'domainRename', { uuid: (await findGuest(context, word)).uuid, name })
}

/** xl's sizes: MiB, or with a suffix b, k, m, g, t; `of` what, for who gave no size. */
export function memorySize(text: string, of = 'memory'): number {
  const [, digits, suffix = 'm'] = /^(\d{1,12})([bkmgt]?)$/i.exec(text) ?? []
  const factor = { b: 2 ** -20, k: 2 ** -10, m: 1, g: 2 ** 10, t: 2 ** 20 }[suffix.toLowerCase() || 'm']
  const size = Math.floor(Number(digits) * (factor ?? 1))
  if (digits === undefined || size < 1) throw new Failure(`invalid ${of} size: ${text}`)
  return size
}

export async function memSet(context: Context, word: string, size: string): Promise<void> {
  const { uuid } = await findGuest(context, word)
  await call(context, 'domainSetMemory', { uuid, memoryMiB: memorySize(size) })
}

export async function remove(context: Context, word: string): Promise<void> {
  await call(context, 'domainUndefine', { uuid: (await findGuest(context, word)).uuid })
  context.err('It is in the trash; the app’s Trash restores it.')
}
