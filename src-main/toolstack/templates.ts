// Templates: a machine's definition kept for new ones, if wanted with copies of what is on its disks.
// Invariant: a template's images are its own, written whole before it is there, and nobody writes to them; removing a template leaves
// them where storage shows them as unused. Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { nameKey, properName } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import { configWithoutPasswords, withoutPasswords } from '../config/passwords'
import type { KeptFile } from '../definition/kept-file'
import type { ImageTool, Outcome, Progress } from '../driver/driver'
import type { Clock } from '../lib/clock'
import { folderForFile } from '../lib/own-folder'
import { writeProblem } from '../lib/write-problem'
import type { Disk, WrittenFormat } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import { labelProblem } from '../public/name'
import { TEMPLATES_MOST, type Template } from '../public/template'
import type { DomainConfig } from '../public/types'
import type { Domains } from './domains'
import type { FreePaths, ProposePath } from './free-paths'
import type { JobControl, Jobs } from './jobs'
import { type Layers, writtenDisks } from './layers'
import type { UnfinishedFiles } from './unfinished-files'

const MIB = 1024 * 1024

export interface KeptTemplates {
  readonly templates: readonly Template[]
}

export interface TemplatesParts {
  readonly kept: KeptFile<KeptTemplates>
  readonly domains: Domains
  readonly jobs: Jobs
  readonly images: ImageTool
  readonly layers: Layers
  readonly clock: Clock
  readonly unfinished: Pick<UnfinishedFiles, 'making'>
  /** A free path in the app's folder for a disk image. */
  readonly paths: Pick<FreePaths, 'holding'>
  readonly changed: () => void
}

export class Templates {
  private readonly parts: TemplatesParts

  constructor(parts: TemplatesParts) {
    this.parts = parts
  }

  list(): readonly Template[] {
    return this.parts.kept.value.templates
  }

  /** Names of those that such a file belongs to. */
  namesOf(isFile: (path: string) => boolean): readonly string[] {
    const has = ({ disks }: Template): boolean => disks.some(({ image }) => image !== undefined && isFile(image))
    return this.list().flatMap((template) => (has(template) ? [template.name] : []))
  }

  /** With copies of its disks only of a machine at rest: it is nobody else's meanwhile. The job's number. */
  save(uuid: string, name: string, withDisks: boolean): Result<number, ErrorReport> {
    const { domains, jobs } = this.parts
    const info = domains.info(uuid)
    const text = domains.text(uuid)
    if (!info.ok) return info
    const { config } = info.value
    if (!text.ok || config === null) return err(errorReport('unsupported', { operation: 'template' }))
    const refused = this.refusedName(properName(name))
    if (refused) return err(refused)
    const order = { kind: 'template', step: 'copying-image', cancellable: true } as const
    if (withDisks) {
      return domains.occupy(uuid, 'clone', order, (domain, control) =>
        this.make(properName(name), domain.config, text.value, true, control),
      )
    }
    const work = (control: JobControl): Outcome => this.make(properName(name), config, text.value, false, control)
    return ok(jobs.start({ ...order, subject: config.name, uuid, work }))
  }

  async remove(id: string): Outcome {
    return this.keep(this.list().filter((template) => template.id !== id))
  }

  private refusedName(name: string): ErrorReport | undefined {
    const problem = labelProblem(name)
    if (problem) return problem
    const key = nameKey(name)
    if (this.list().some((template) => nameKey(template.name) === key)) return errorReport('template-exists', { name })
    return this.list().length < TEMPLATES_MOST ? undefined : errorReport('too-many-templates', { max: TEMPLATES_MOST })
  }

  private async make(name: string, config: DomainConfig, text: string, withDisks: boolean, control: JobControl): Outcome {
    return this.parts.paths.holding(async (propose) => {
      const planned = await this.plan(name, config, withDisks ? propose : undefined)
      if (!planned.ok) return planned
      const files = planned.value.flatMap(({ image }) => image ?? [])
      const work = (): Outcome => this.fill(name, config, text, planned.value, control)
      return files.length > 0 ? this.parts.unfinished.making(name, files, work) : work()
    })
  }

  /** Where the copies are to be, if there are to be any. */
  private async plan(name: string, config: DomainConfig, propose: ProposePath | undefined): Outcome<Planned[]> {
    const { images } = this.parts
    const planned: Planned[] = []
    for (const disk of writtenDisks(config.devices)) {
      const info = await images.inspect(disk.path, disk.allowedBacking)
      if (!info.ok) return info
      const sizeMiB = Math.max(1, Math.ceil(info.value.virtualSize / MIB))
      const image = await propose?.(`${name}-template-${disk.dev}`, formatOf(disk), [])
      planned.push({ disk, sizeMiB, image })
    }
    return ok(planned)
  }

  private async fill(
    name: string,
    config: DomainConfig,
    text: string,
    planned: readonly Planned[],
    control: JobControl,
  ): Outcome {
    const copied = await this.copy(planned, control)
    // Another may have got the name meanwhile.
    const refused = copied.ok ? this.refusedName(name) : undefined
    const wanted = !copied.ok ? copied : refused ? err(refused) : control.commit()
    const own = { config: configWithoutPasswords(config), text: withoutPasswords(text) }
    const disks = planned.map(({ disk: { dev }, sizeMiB, image }) => ({
      dev,
      sizeMiB,
      ...(image === undefined ? {} : { image }),
    }))
    const savedAt = this.parts.clock.now()
    const kept = wanted.ok ? await this.keep([...this.list(), { id: randomUUID(), name, savedAt, ...own, disks }]) : wanted
    if (copied.ok && !kept.ok) await removeCopies(planned)
    return kept
  }

  /** All of them or none. */
  private async copy(planned: readonly Planned[], control: JobControl): Outcome {
    for (const [index, { disk, image }] of planned.entries()) {
      if (image === undefined) continue
      const report = (fraction: number): void => control.report((index + fraction) / planned.length)
      const copied = await this.copyDisk(disk, image, { signal: control.signal, report })
      if (copied.ok) continue
      await removeCopies(planned.slice(0, index))
      return copied
    }
    return ok(null)
  }

  private async copyDisk(disk: Disk, to: string, progress: Progress): Outcome {
    const { images, layers } = this.parts
    const folder = await folderForFile(dirname(to))
    if (!folder.ok) return folder
    const allowed = await layers.chain(disk)
    const order = { from: resolve(disk.path), fromFormat: disk.format, to, format: formatOf(disk), allowed }
    return images.copy(order, progress)
  }

  private async keep(templates: readonly Template[]): Outcome {
    try {
      await this.parts.kept.set({ templates })
      this.parts.changed()
      return ok(null)
    } catch (thrown) {
      return err(writeProblem('templates.json', thrown))
    }
  }
}

/** A disk of the machine, and where its copy is to be. */
interface Planned {
  readonly disk: Disk
  readonly sizeMiB: number
  readonly image: string | undefined
}

const formatOf = (disk: Disk): WrittenFormat => (disk.format === 'raw' ? 'raw' : 'qcow2')

async function removeCopies(planned: readonly Planned[]): Promise<void> {
  for (const { image } of planned) if (image !== undefined) await rm(image, { force: true })
}
