// Templates: a machine's definition kept for new ones, if wanted with copies of what is on its disks.
// Invariant: a template's images are its own, written whole before it is there, and nobody writes to them; removing a template leaves
// them where storage shows them as unused. Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { nameKey, properName } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import { disksOf } from '../config/device-check'
import { configWithoutPasswords, withoutPasswords } from '../config/passwords'
import type { KeptFile } from '../definition/kept-file'
import type { ImageTool, Outcome } from '../driver/driver'
import type { Clock } from '../lib/clock'
import { folderForFile } from '../lib/own-folder'
import { writeProblem } from '../lib/write-problem'
import type { WrittenFormat } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import { labelProblem } from '../public/name'
import { TEMPLATES_MOST, type Template } from '../public/template'
import type { DomainConfig } from '../public/types'
import type { Domains } from './domains'
import type { JobControl, Jobs } from './jobs'
import type { Layers } from './layers'

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
  /** A free path in the app's folder for a disk image. */
  readonly proposePath: (name: string, format: WrittenFormat, taken: readonly string[]) => Promise<string>
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
    const made: string[] = []
    const done = await this.fill(name, config, text, withDisks, control, made)
    if (!done.ok) for (const path of made) await rm(path, { force: true })
    return done
  }

  private async fill(
    name: string,
    config: DomainConfig,
    text: string,
    withDisks: boolean,
    control: JobControl,
    made: string[],
  ): Outcome {
    const { images, layers, clock, proposePath } = this.parts
    const written = disksOf(config.devices).filter(({ path, readonly }) => path !== '' && !readonly)
    const disks: Template['disks'][number][] = []
    for (const [index, disk] of written.entries()) {
      const info = await images.inspect(disk.path, disk.allowedBacking)
      if (!info.ok) return info
      const sizeMiB = Math.max(1, Math.ceil(info.value.virtualSize / MIB))
      if (!withDisks) {
        disks.push({ dev: disk.dev, sizeMiB })
        continue
      }
      const format: WrittenFormat = disk.format === 'raw' ? 'raw' : 'qcow2'
      const to = await proposePath(`${name}-template-${disk.dev}`, format, made)
      const report = (fraction: number): void => control.report((index + fraction) / written.length)
      const folder = await folderForFile(dirname(to))
      if (!folder.ok) return folder
      const allowed = await layers.chain(disk)
      const order = { from: resolve(disk.path), fromFormat: disk.format, to, format, allowed }
      const copied = await images.copy(order, { signal: control.signal, report })
      if (!copied.ok) return copied
      made.push(to)
      disks.push({ dev: disk.dev, sizeMiB, image: to })
    }
    // Another may have got the name meanwhile.
    const refused = this.refusedName(name)
    if (refused) return err(refused)
    const wanted = control.commit()
    if (!wanted.ok) return wanted
    const own = { config: configWithoutPasswords(config), text: withoutPasswords(text) }
    return this.keep([...this.list(), { id: randomUUID(), name, savedAt: clock.now(), ...own, disks }])
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
