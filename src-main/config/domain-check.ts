// Whether a definition can be run: name, memory, vcpus, kernel; each refusal is one sentence with cause and action.
// Files are looked at again by the engine when it loads them; here only what can be said at once.
// Runs in: main, plain Node.
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { properName } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import { systemErrorText } from '../lib/atomic-file'
import { type ErrorReport, errorReport } from '../public/error-code'
import { machineNameProblem } from '../public/name'
import { ownBootDisk } from '../public/own-disk'
import type { DomainConfig } from '../public/types'
import { isXmlValue } from './xml-tree'

export interface ConfigLimits {
  readonly maxVcpus: number
  readonly minMemoryMiB: number
  readonly maxMemoryMiB: number
}

/** A name from outside as it is kept, if it can be one. */
export function usableName(name: string): string | undefined {
  const proper = properName(name)
  return machineNameProblem(proper) === undefined ? proper : undefined
}

/** Whether the stored form, which is XML, can hold all texts. */
function checkCharacters(config: DomainConfig): Result<null, ErrorReport> {
  const wrong = Object.entries(config).find(([, value]) => !isXmlValue(value))
  return wrong ? err(errorReport('config-characters', { field: wrong[0], name: config.name })) : ok(null)
}

/** What needs no file system: also checked when a definition is stored. */
export function checkConfig(config: DomainConfig, limits: ConfigLimits): Result<null, ErrorReport> {
  const named = machineNameProblem(config.name)
  if (named) return err(named)
  const characters = checkCharacters(config)
  if (!characters.ok) return characters
  if (config.vcpus < 1) return err(errorReport('no-vcpus'))
  if (config.vcpus > limits.maxVcpus) return err(errorReport('too-many-vcpus', { asked: config.vcpus, max: limits.maxVcpus }))
  const { vcpus, currentVcpus = vcpus } = config
  if (currentVcpus < 1) return err(errorReport('no-vcpus'))
  if (currentVcpus > vcpus) return err(errorReport('vcpus-current-many', { current: currentVcpus, most: vcpus }))
  const { memoryMiB: asked, currentMiB: current = asked } = config
  const least = Math.min(asked, current)
  if (least < limits.minMemoryMiB) return err(errorReport('memory-too-small', { asked: least, min: limits.minMemoryMiB }))
  if (current > asked) return err(errorReport('memory-current-large', { current, most: asked }))
  if (asked > limits.maxMemoryMiB) return err(errorReport('memory-too-large', { asked, max: limits.maxMemoryMiB }))
  return ok(null)
}

async function checkReadable(path: string): Promise<Result<null, ErrorReport>> {
  try {
    await access(path, constants.R_OK)
    if ((await stat(path)).isDirectory()) return err(errorReport('file-unreadable', { path, detail: 'it is a folder' }))
    return ok(null)
  } catch (thrown) {
    return err(errorReport('file-unreadable', { path, detail: systemErrorText(thrown) }))
  }
}

/** The files it boots from. */
export async function checkBootFiles(config: DomainConfig): Promise<Result<null, ErrorReport>> {
  if (config.kernel.trim() === '')
    return ownBootDisk(config) ? ok(null) : err(errorReport('kernel-missing', { name: config.name }))
  const kernel = await checkReadable(config.kernel)
  if (!kernel.ok || config.ramdisk === null) return kernel
  return checkReadable(config.ramdisk)
}
