// How a guest's process gets its machine: built from a kernel, or read from a save file; then domain 0 hears of it. And how the machine
// goes back into a file. Invariant: the vcpus stand until all of this is done. Runs in: main, plain Node.
import { err, ok } from '../../../src-engine/public/result'
import type { Device, Display } from '../../public/device'
import { type ErrorReport, errorReport } from '../../public/error-code'
import type { DomainConfig } from '../../public/types'
import type { Outcome, Progress, RestoredDomain, StartedDomain } from '../driver'
import type { Domain0Connection } from './domain0'
import { engineError } from './engine-error'
import type { Guest } from './guest'

function displayOf(config: DomainConfig): { display?: Display } {
  const device = config.devices.find(({ kind }) => kind === 'vfb')
  if (device?.kind !== 'vfb') return {}
  const { vnc: _, ...display } = device
  return { display }
}

/** Domain 0 has no part in who may look at a screen. */
function forDomain0(device: Device): Device {
  return device.kind === 'vfb' ? { kind: 'vfb', width: device.width, height: device.height } : device
}

function imageOf({ kernel, ramdisk, cmdline }: DomainConfig) {
  return { kernel, cmdline, ...(ramdisk === null ? {} : { ramdisk }) }
}

export async function build(
  guest: Guest,
  domain0: Domain0Connection,
  config: DomainConfig,
  paused: boolean,
): Outcome<StartedDomain> {
  const { uuid: handle, domid } = guest
  const { name, memoryMiB, vcpus, currentMiB, currentVcpus } = config
  const image = imageOf(config)
  const identity = { handle, domid, name, memoryMiB, vcpus }
  const built = await guest.caller.call('build', { ...identity, ...image, ...displayOf(config) })
  if (!built.ok) return err(engineError('start', built.error))
  const devices = config.devices.map(forDomain0)
  const introduced = await guest.introduce(domain0, {
    ...identity,
    ...image,
    ...(currentMiB !== undefined && { targetMiB: currentMiB }),
    ...(currentVcpus !== undefined && { onlineVcpus: currentVcpus }),
    startedAtMs: Date.now(),
    devices,
    ...built.value,
  })
  return introduced.ok ? ok({ domid, paused }) : err(refusedBy(domain0, name, introduced.error))
}

/** What domain 0 said about a device of a machine is about that; one that has ended said nothing. */
function refusedBy(domain0: Domain0Connection, name: string, error: ErrorReport): ErrorReport {
  const { detail } = error.values
  const isItsWord = error.reason === 'engine-said' && detail !== undefined && !domain0.caller.gone
  return isItsWord ? { ...errorReport('start-refused', { name, detail }), code: error.code } : error
}

/** `claim`: the file becomes this guest's alone, once it is known to be good. Cancelled by ending the process. */
export async function restore(
  guest: Guest,
  domain0: Domain0Connection,
  config: DomainConfig,
  path: string,
  progress: Progress,
  claim: () => Outcome,
  paused: boolean,
): Outcome<RestoredDomain> {
  const { uuid: handle, domid } = guest
  const { name } = config
  const abort = (): void => guest.kill('destroyed')
  progress.signal.addEventListener('abort', abort)
  guest.onProgress = (fraction) => progress.report(fraction)
  const restored = await guest.caller.call('restore', { handle, domid, name, path, ...displayOf(config) })
  progress.signal.removeEventListener('abort', abort)
  if (progress.signal.aborted) return err(errorReport('cancelled'))
  if (!restored.ok) return err(engineError('restore', restored.error, path))
  const { savedHandle, savedAtMs, memoryMiB, vcpus, guestDomid, storeGfn, storePort, consoleGfn, consolePort } = restored.value
  const pages = { guestDomid, storeGfn, storePort, consoleGfn, consolePort }
  const introduced = await guest.introduce(domain0, {
    handle,
    domid,
    name,
    memoryMiB,
    vcpus,
    ...imageOf(config),
    ...pages,
    startedAtMs: Date.now(),
    devices: config.devices.map(forDomain0),
    restoring: true,
  })
  const claimed = introduced.ok ? await claim() : err(refusedBy(domain0, name, introduced.error))
  if (!claimed.ok) return claimed
  return ok({ domid, paused, memoryMiB, vcpus, savedUuid: savedHandle, savedAt: savedAtMs })
}

/** The guest's process ends when the file is whole; when it is not, the guest goes on. */
export async function save(guest: Guest, path: string, progress: Progress): Outcome {
  if (progress.signal.aborted) return err(errorReport('cancelled'))
  const abort = (): void => void guest.caller.call('cancel', {})
  progress.signal.addEventListener('abort', abort)
  guest.onProgress = (fraction) => progress.report(fraction)
  const saved = await guest.caller.call('save', { path })
  progress.signal.removeEventListener('abort', abort)
  guest.onProgress = () => {}
  if (!saved.ok) return err(engineError('save', saved.error, path))
  await guest.destroy('saved')
  return ok(null)
}
