// Serves the calls about definitions: from a form, as texts, their history, the trash. Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { properName } from '../../src-engine/public/name'
import { err, ok } from '../../src-engine/public/result'
import type { ImageTool, Outcome } from '../driver/driver'
import type { CallParams } from '../public/calls'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { DomainConfig } from '../public/types'
import { type BootFiles, placesOf } from './boot-files'
import { asJob, type Caller, type CallServers } from './call-server'
import type { DefinitionTexts } from './definition-texts'
import type { Devices } from './devices'
import type { Domains } from './domains'
import { refusedBacking, sourcesOf } from './refused-backing'
import type { Templates } from './templates'
import type { UnfinishedFiles } from './unfinished-files'

export type DefinitionCall =
  | 'domainDefine'
  | 'domainRedefine'
  | 'domainUndefine'
  | 'diskFiles'
  | 'configText'
  | 'configLook'
  | 'configDraft'
  | 'configDefine'
  | 'configDevices'
  | 'configRead'
  | 'configWrite'
  | 'domainRename'
  | 'revisionList'
  | 'revisionDiff'
  | 'revisionRevert'
  | 'templateList'
  | 'templateSave'
  | 'templateRemove'
  | 'trashList'
  | 'trashRestore'
  | 'trashEmpty'

export interface DefinitionServing {
  readonly domains: Domains
  readonly devices: Devices
  readonly texts: DefinitionTexts
  readonly templates: Templates
  readonly images: ImageTool
  readonly bootFiles: BootFiles
  readonly unfinished: Pick<UnfinishedFiles, 'making'>
}

export function definitionServers(serving: DefinitionServing): CallServers<DefinitionCall> {
  const { domains, devices, texts, templates } = serving
  return {
    domainDefine: (order, caller) => define(serving, order, caller),
    domainRedefine: async ({ uuid, config, base }, caller) => {
      const info = domains.info(uuid)
      if (!info.ok) return info
      const allowed = await devices.mayWrite(config.devices, info.value.config?.devices ?? [], [], caller)
      return allowed.ok ? domains.redefine(uuid, config, base) : allowed
    },
    domainUndefine: ({ uuid, disks, forget }) => (forget ? forgetNow(serving, uuid) : texts.undefine(uuid, disks ?? [])),
    diskFiles: ({ uuid }) => texts.diskFiles(uuid),
    configText: ({ uuid, format, secure }) => texts.text(uuid, format, secure === true),
    configLook: ({ uuid, text }) => texts.look(uuid, text),
    configDraft: ({ config, origin }) => texts.draft(config, origin),
    configDevices: ({ text }) => texts.devices(text),
    configDefine: async ({ uuid, text, name, start }, caller) => {
      const defined = await texts.define(uuid, text, caller, 'text', name)
      if (!defined.ok || !start) return defined
      const started = await domains.create(defined.value.uuid, false)
      return started.ok ? defined : started
    },
    configRead: ({ path }, caller) =>
      caller.choseFile(path, 'openConfig') ? texts.readFile(path) : err(errorReport('path-not-chosen', { path })),
    configWrite: ({ uuid, format, path }, caller) =>
      caller.choseFile(path, 'saveConfig')
        ? texts.writeFile(uuid, format, path)
        : err(errorReport('path-not-chosen', { path })),
    domainRename: ({ uuid, name, from }) => domains.rename(uuid, name, from),
    revisionList: ({ uuid }) => texts.revisions(uuid),
    revisionDiff: ({ uuid, from, to }) => texts.revisionDiff(uuid, from, to),
    revisionRevert: ({ uuid, revision }, caller) => texts.revert(uuid, revision, caller),
    templateList: () => ok([...templates.list()]),
    templateSave: ({ uuid, name, disks }) => asJob(templates.save(uuid, name, disks)),
    templateRemove: ({ id }) => templates.remove(id),
    trashList: async () => ok(await texts.trash()),
    trashRestore: ({ id }) => texts.restore(id),
    trashEmpty: ({ ids }) => texts.empty(ids),
  }
}

/** One that was made a moment ago: what was taken out of an ISO image for it goes too. */
async function forgetNow({ domains, bootFiles }: DefinitionServing, uuid: string): Outcome {
  const info = domains.info(uuid)
  const forgotten = await domains.forget(uuid)
  if (forgotten.ok && info.ok && info.value.config) await bootFiles.release(info.value.config)
  return forgotten
}

async function define(
  serving: DefinitionServing,
  order: CallParams<'domainDefine'>,
  caller: Caller,
): Outcome<{ uuid: string }> {
  const { domains, devices, texts, unfinished, images: imageTool } = serving
  const { images, start, origin, media } = order
  const uuid = randomUUID()
  const whole = texts.madeFrom({ ...order.config, name: properName(order.config.name) }, uuid, origin)
  if (!whole.ok) return whole
  const { config, text } = whole.value
  const refused = domains.checkDefinition(config, undefined)
  if (!refused.ok) return refused
  const allowed = await devices.mayWrite(config.devices, [], images, caller)
  if (!allowed.ok) return allowed
  // Whoever is asked and agrees comes again: nothing may be made before.
  const outside = await refusedBacking(imageTool, sourcesOf(config.devices, images))
  if (outside) return err(outside)
  const files = [...images.map(({ path }) => path), ...(media === undefined ? [] : placesOf(config))]
  const defined = await unfinished.making(config.name, files, () => defineWithFiles(serving, config, uuid, text, order))
  if (!defined.ok) return defined
  const started = start ? await domains.create(defined.value, false) : ok(null)
  return started.ok ? ok({ uuid: defined.value }) : started
}

/** What it stands on is made before it; without it all of that goes again. */
async function defineWithFiles(
  { domains, devices, bootFiles }: DefinitionServing,
  config: DomainConfig,
  uuid: string,
  text: string | undefined,
  { images, media }: Pick<CallParams<'domainDefine'>, 'images' | 'media'>,
): Outcome<string> {
  const taken = media === undefined ? ok(null) : await bootFiles.take(media, config)
  if (!taken.ok) return taken
  const made = await devices.makeImages(images)
  if (!made.ok) {
    if (media !== undefined) await bootFiles.release(config)
    return made
  }
  const defined = await domains.define(config, uuid, text)
  if (defined.ok) return defined
  const problem = await asNamed(
    defined.error,
    images.map(({ path }) => path),
  )
  await devices.removeImages(images.map(({ path }) => path))
  if (media !== undefined) await bootFiles.release(config)
  return err(problem)
}

/** An image that holds nothing yet is made on a full disk, and the definition after it finds no room: people know the image. */
async function asNamed(problem: ErrorReport, images: readonly string[]): Promise<ErrorReport> {
  const place = problem.values['path']
  if (problem.reason !== 'disk-full' || place === undefined) return problem
  const disk = await diskOf(dirname(place))
  for (const path of images) if ((await diskOf(path)) === disk) return errorReport('disk-full', { path })
  return problem
}

/** That of the nearest folder there is. */
async function diskOf(path: string): Promise<number> {
  try {
    return (await stat(path)).dev
  } catch {
    return path === dirname(path) ? -1 : diskOf(dirname(path))
  }
}
