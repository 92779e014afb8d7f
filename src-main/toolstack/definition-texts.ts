// Definitions as texts: shown, looked at before they are taken, exported, their history, and the trash.
// Invariant: a text is taken only after the same checks as a definition from a form; emptying the trash removes only image files
// that the user ticked, that the guest could write to, and that nobody else uses or stands on.
// Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { cutTo, NAME_BYTES_MOST, NEVER_IN_NAMES, properName } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import { disksOf, isDirectlyIn } from '../config/device-check'
import { usableName } from '../config/domain-check'
import { writeDomainXml } from '../config/domain-xml'
import { keptXlLines } from '../config/kept-xl'
import { configWithoutPasswords, shownDiff, withKeptPassword, withoutPasswords } from '../config/passwords'
import { type ReadConfig, readConfig } from '../config/read-config'
import { writeXl } from '../config/xl-config'
import type { DefinitionStore } from '../definition/definition-store'
import type { Outcome } from '../driver/driver'
import { systemErrorText, writeFileAtomic } from '../lib/atomic-file'
import { readConfigText } from '../lib/config-text'
import { writeProblem } from '../lib/write-problem'
import { type ConfigNote, configNote } from '../public/config-note'
import type { ConfigFormat, DiffLine, ReadConfigText, Revision, RevisionCause, TrashEntry } from '../public/definition'
import type { Disk } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { Metadata } from '../public/list'
import type { DiskFiles } from '../public/snapshot'
import type { DomainConfig } from '../public/types'
import type { Devices, FileRights } from './devices'
import type { Domains } from './domains'
import { writtenDisks } from './layers'

export interface DefinitionTextsParts {
  readonly domains: Domains
  readonly devices: Devices
  readonly definitions: DefinitionStore
  readonly networks: () => readonly string[]
  readonly diskFolder: string
  readonly metadataOf: (uuid: string) => Metadata | null
  readonly setMetadata: (uuid: string, metadata: Metadata) => Promise<unknown>
  readonly trashChanged: () => void
  readonly diskFiles: (uuid: string, disks: readonly Disk[]) => Promise<readonly DiskFiles[]>
  /** Files that others than this deleted domain need, as their disks or below them. */
  readonly needed: (uuid: string) => Promise<ReadonlySet<string>>
  /** A deleted domain is gone for good; of its image files these are needed by nobody. `configs`: what it was, and was before. */
  readonly emptied: (uuid: string, disks: readonly string[], configs: readonly DomainConfig[]) => Promise<void>
}

export class DefinitionTexts {
  /** What the domains in the trash need to be as they were: nothing may take their files away. */
  trashedConfigs: readonly DomainConfig[] = []
  private readonly parts: DefinitionTextsParts

  constructor(parts: DefinitionTextsParts) {
    this.parts = parts
  }

  /** Once the definitions are there. */
  async load(): Promise<void> {
    const { trash } = this.parts.definitions
    const configs = await Promise.all((await trash.list()).map(({ id }) => this.parts.definitions.trashedConfigs(id)))
    this.trashedConfigs = configs.flat()
  }

  // ---- texts ----------------------------------------------------------------------------------

  /** `xl` with notes of what it cannot say. Passwords only when it is to be `secure`, libvirt's word for that. */
  text(
    uuid: string,
    format: ConfigFormat,
    secure: boolean,
  ): Result<{ text: string; notes: readonly ConfigNote[] }, ErrorReport> {
    const text = this.parts.domains.text(uuid)
    const info = this.parts.domains.info(uuid)
    if (!text.ok) return text
    if (!info.ok || !info.value.config || format === 'xml')
      return ok({ text: secure ? text.value : withoutPasswords(text.value), notes: [] })
    const { config } = info.value
    return ok(writeXl(secure ? config : configWithoutPasswords(config), uuid, keptXlLines(text.value)))
  }

  /** What a text would become; with `uuid` as that domain's definition, else as a new one. */
  async look(uuid: string | null, text: string): Outcome<ReadConfigText> {
    const planned = this.plan(uuid, text)
    if (!planned.ok) return planned
    const { read, config, own, notes } = planned.value
    const before = uuid === null ? ok('') : this.parts.domains.text(uuid)
    if (!before.ok) return before
    const checked = this.parts.domains.checkDefinition(config, uuid ?? undefined)
    if (!checked.ok) return checked
    const after = read.definitionText(own, config)
    return ok({
      name: config.name,
      format: read.format,
      text: after,
      diff: shownDiff(before.value, after),
      notes: notes.slice(0, 1000),
      config: configWithoutPasswords(config),
    })
  }

  /** The texts of a definition that is not stored, without an identifier: `origin` is the text it was filled in from. */
  draft(config: DomainConfig, origin?: string): Result<{ xml: string; xl: string; notes: readonly ConfigNote[] }, ErrorReport> {
    const made = this.madeFrom(config, randomUUID(), origin)
    if (!made.ok) return made
    const shown = configWithoutPasswords(config)
    const xl = writeXl(shown, '', keptXlLines(made.value.text))
    const unnamed = (text: string): string => text.replace(/^\s*(<uuid>.*<\/uuid>|uuid = .*)\n/m, '')
    return ok({ xml: unnamed(withoutPasswords(made.value.text)), xl: unnamed(xl.text), notes: xl.notes })
  }

  /** A new definition with what the text it was filled in from holds: what is not ours, and the password that no form is shown. */
  madeFrom(config: DomainConfig, uuid: string, origin?: string): Result<{ config: DomainConfig; text: string }, ErrorReport> {
    if (origin === undefined) return ok({ config, text: writeDomainXml(config, uuid) })
    const read = readConfig(origin, { newMac: () => this.parts.domains.freeMac(), networks: this.parts.networks() })
    if (!read.ok) return read
    const whole = withKeptPassword(config, read.value.config.devices)
    return ok({ config: whole, text: read.value.definitionText(uuid, whole) })
  }

  devices(text: string): Result<DomainConfig['devices'], ErrorReport> {
    const planned = this.plan(null, text)
    return planned.ok ? ok(planned.value.config.devices) : planned
  }

  /** Takes a text as a domain's definition, or as that of a new one. */
  async define(
    uuid: string | null,
    text: string,
    rights: FileRights,
    cause: RevisionCause = 'text',
    /** Of a new one, in place of the name in the text: refused where it is taken. */
    name?: string,
  ): Outcome<{ uuid: string }> {
    const { domains, devices } = this.parts
    // What it was before had its password with it.
    const planned = this.plan(uuid, text, cause === 'reverted' ? [] : undefined)
    if (!planned.ok) return planned
    const { read, own } = planned.value
    const config = name === undefined ? planned.value.config : { ...planned.value.config, name: properName(name) }
    const before = uuid === null ? [] : this.devicesOf(uuid)
    const checked = domains.checkDefinition(config, uuid ?? undefined)
    if (!checked.ok) return checked
    const allowed = await devices.mayWrite(config.devices, before, [], rights)
    if (!allowed.ok) return allowed
    const made = read.definitionText(own, config)
    if (uuid === null) {
      const defined = await domains.define(config, own, made)
      return defined.ok ? ok({ uuid: defined.value }) : defined
    }
    const redefined = await domains.redefine(uuid, config, undefined, { cause, text: made })
    return redefined.ok ? ok({ uuid }) : redefined
  }

  /** A configuration file the user chose, looked at. */
  async readFile(path: string): Outcome<{ source: string; look: ReadConfigText }> {
    const source = await readText(path)
    if (!source.ok) return source
    const look = await this.look(null, source.value)
    return look.ok ? ok({ source: source.value, look: look.value }) : look
  }

  async writeFile(uuid: string, format: ConfigFormat, path: string): Outcome {
    const text = this.text(uuid, format, false)
    if (!text.ok) return text
    try {
      await writeFileAtomic(path, text.value.text)
      return ok(null)
    } catch (thrown) {
      return err(writeProblem(path, thrown))
    }
  }

  // ---- history --------------------------------------------------------------------------------

  async revisions(uuid: string): Outcome<readonly Revision[]> {
    const info = this.parts.domains.info(uuid)
    if (!info.ok) return info
    if (!info.value.config) return err(errorReport('no-domain', { uuid }))
    return ok(await this.parts.definitions.revisionsOf(uuid, info.value.config))
  }

  /** Between two of them; without `to`, what it is now. */
  async revisionDiff(uuid: string, from: number, to: number | null): Outcome<readonly DiffLine[]> {
    const [before, after] = [await this.revisionText(uuid, from), await this.revisionText(uuid, to)]
    if (!before.ok) return before
    return after.ok ? ok(shownDiff(before.value, after.value)) : after
  }

  /** The definition becomes again what it was. */
  async revert(uuid: string, revision: number, rights: FileRights): Outcome {
    const text = await this.revisionText(uuid, revision)
    if (!text.ok) return text
    const defined = await this.define(uuid, text.value, rights, 'reverted')
    return defined.ok ? ok(null) : defined
  }

  // ---- trash ----------------------------------------------------------------------------------

  /** What is deleted with each written disk. */
  async diskFiles(uuid: string): Outcome<readonly DiskFiles[]> {
    const info = this.parts.domains.info(uuid)
    return info.ok ? ok(await this.parts.diskFiles(uuid, writtenDisks(info.value.config?.devices ?? []))) : info
  }

  /** `disks` are image files that go when the trash is emptied, with what was the same disk before. */
  async undefine(uuid: string, disks: readonly string[]): Outcome {
    const { domains, diskFolder } = this.parts
    const info = domains.info(uuid)
    if (!info.ok) return info
    const own = disksOf(info.value.config?.devices ?? [])
    for (const path of disks) {
      const disk = own.find((one) => one.path === path)
      if (!disk) return err(errorReport('no-device', { name: info.value.name, key: path }))
      if (disk.readonly && !isDirectlyIn(diskFolder, path)) return err(errorReport('file-not-allowed', { path }))
    }
    const { config } = info.value
    const going = writtenDisks(config?.devices ?? []).filter(({ path }) => disks.includes(path))
    const bases = (await this.parts.diskFiles(uuid, going)).flatMap(({ base }) => base ?? [])
    // From before it is gone: between the two nobody would name its files.
    if (config) this.trashedConfigs = [...this.trashedConfigs, config]
    const deleted = await domains.undefine(uuid, [...disks, ...bases], this.parts.metadataOf(uuid))
    await this.trashIsNow()
    return deleted
  }

  async trash(): Promise<readonly TrashEntry[]> {
    const { trash } = this.parts.definitions
    return Promise.all(
      (await trash.list()).map(async ({ id, uuid, name, deletedAt, disks }) => {
        const read = await this.trashed(id)
        return {
          id,
          uuid,
          name,
          deletedAt,
          disks: [...disks],
          hasManagedSave: await trash.hasManagedSave(id),
          size: await trash.size(id),
          problem: typeof read === 'string' ? read : null,
        }
      }),
    )
  }

  async restore(id: string): Outcome<{ uuid: string }> {
    const entry = await this.parts.definitions.trash.find(id)
    const config = entry && (await this.trashed(id))
    if (!entry || !config || typeof config === 'string') {
      return err(
        errorReport('trash-unreadable', {
          name: entry?.name ?? id,
          detail: typeof config === 'string' ? config : 'it is not there',
        }),
      )
    }
    const restored = await this.parts.domains.untrash(id, entry.uuid, config)
    if (!restored.ok) return restored
    if (entry.metadata) await this.parts.setMetadata(restored.value, entry.metadata)
    await this.trashIsNow()
    return ok({ uuid: restored.value })
  }

  /** These entries for good, with the image files ticked when they were deleted. */
  async empty(ids: readonly string[]): Outcome {
    for (const id of ids) {
      const emptied = await this.emptyOne(id)
      if (!emptied.ok) {
        await this.trashIsNow()
        return emptied
      }
    }
    await this.trashIsNow()
    return ok(null)
  }

  // ---- inside ---------------------------------------------------------------------------------

  private plan(
    uuid: string | null,
    text: string,
    keptFrom: DomainConfig['devices'] = uuid === null ? [] : this.devicesOf(uuid),
  ): Result<{ read: ReadConfig; config: DomainConfig; own: string; notes: ConfigNote[] }, ErrorReport> {
    const { domains } = this.parts
    const made: DomainConfig[] = []
    const newMac = (): string => {
      const mac = domains.freeMac(made)
      made.push(withMac(mac))
      return mac
    }
    const read = readConfig(text, { newMac, networks: this.parts.networks() })
    if (!read.ok) return read
    const { config } = read.value
    const notes = [...read.value.notes]
    if (uuid !== null) {
      if (read.value.uuid !== null && read.value.uuid !== uuid)
        return err(errorReport('config-uuid', { uuid: read.value.uuid }))
      return ok({ read: read.value, config: withKeptPassword(config, keptFrom), own: uuid, notes })
    }
    const taken = read.value.uuid !== null && domains.info(read.value.uuid).ok
    if (taken) notes.push(configNote('uuid-changed'))
    const own = taken || read.value.uuid === null ? randomUUID() : read.value.uuid
    const wanted = usableName(config.name) ?? fittingName(config.name) ?? 'imported'
    const name = domains.freeName(wanted)
    if (name !== wanted) notes.push(configNote('name-taken', { from: wanted, to: name }))
    else if (name !== config.name) notes.push(configNote('name-changed', { from: config.name, to: name }))
    return ok({ read: read.value, config: { ...config, name }, own, notes })
  }

  private async emptyOne(id: string): Outcome {
    const { trash } = this.parts.definitions
    const entry = await trash.find(id)
    if (!entry) return ok(null)
    try {
      const texts = [await trash.definition(id), ...(await trash.revisions(id))]
      const configs = texts.map((text) => this.read(text)).filter((config) => typeof config !== 'string')
      await trash.remove(id)
      await this.load()
      const needed = entry.disks.length === 0 ? new Set() : await this.parts.needed(entry.uuid)
      const going = entry.disks.filter((path) => !needed.has(resolve(path)))
      for (const path of going) await rm(path, { force: true })
      await this.parts.emptied(entry.uuid, going, configs)
      return ok(null)
    } catch (thrown) {
      return err(writeProblem(entry.name, thrown))
    }
  }

  private async trashIsNow(): Promise<void> {
    await this.load()
    this.parts.trashChanged()
  }

  private async revisionText(uuid: string, revision: number | null): Outcome<string> {
    if (revision === null) return this.parts.domains.text(uuid)
    const text = await this.parts.definitions.revisionText(uuid, revision).catch(() => undefined)
    return text === undefined ? err(errorReport('no-revision', { revision })) : ok(text)
  }

  private devicesOf(uuid: string): DomainConfig['devices'] {
    const info = this.parts.domains.info(uuid)
    return info.ok ? (info.value.config?.devices ?? []) : []
  }

  /** The configuration of an entry, or what is wrong with it. */
  private async trashed(id: string): Promise<DomainConfig | string> {
    return this.read(await this.parts.definitions.trash.definition(id))
  }

  private read(text: string | undefined): DomainConfig | string {
    if (text === undefined) return 'its definition cannot be read'
    const read = readConfig(text, { newMac: () => this.parts.domains.freeMac(), networks: this.parts.networks() })
    return read.ok ? read.value.config : (read.error.values['detail'] ?? read.error.reason)
  }
}

function withMac(mac: string): DomainConfig {
  const nic = { kind: 'vif', index: 0, network: 'default', mac, forwards: [] } as const
  return { name: '', memoryMiB: 0, vcpus: 1, kernel: '', ramdisk: null, cmdline: '', devices: [nic] }
}

const UNFIT = new RegExp(`[/${NEVER_IN_NAMES}]`, 'gu')

/** What a name from elsewhere can be here, or nothing. */
function fittingName(name: string): string | undefined {
  const fitting = name.replace(UNFIT, '-').replace(/^[\s.-]+/u, '')
  return usableName(cutTo(fitting, NAME_BYTES_MOST))
}

async function readText(path: string): Outcome<string> {
  try {
    return ok(await readConfigText(path))
  } catch (thrown) {
    return err(errorReport('file-unreadable', { path, detail: systemErrorText(thrown) }))
  }
}
