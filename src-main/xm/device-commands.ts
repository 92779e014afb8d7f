// Commands about devices: block-list, block-attach, block-detach, block-allow, cd-insert, cd-eject, network-list, network-attach,
// network-detach. Specifications are read by main, as those of a configuration are.
// Runs in: command line, plain Node.
import { resolve } from 'node:path'
import { type Device, type Disk, deviceKey, diskNumber } from '../public/device'
import type { DomainConfig } from '../public/types'
import { type Context, call, domain0Of, domidOf, Failure, findDomain, findGuest, taken } from './context'
import { blockTable, networkTable } from './tables'

async function tableOf(
  context: Context,
  words: readonly string[],
  table: (dump: string, domid: number) => string,
): Promise<void> {
  const { text } = await call(context, 'storeDump', { uuid: domain0Of(context) })
  for (const word of words) context.out(table(text, domidOf(await findDomain(context, word))))
}

export const blockList = (context: Context, words: readonly string[]): Promise<void> => tableOf(context, words, blockTable)
export const networkList = (context: Context, words: readonly string[]): Promise<void> => tableOf(context, words, networkTable)

/** A device as main reads it from a line of an xl.cfg: the same words mean the same. */
async function deviceOf(context: Context, key: 'disk' | 'vif', spec: string): Promise<Device> {
  const quoted = `"${spec.replace(/[\\"]/g, '\\$&')}"`
  const text = `name = "device"\nmemory = 64\n${key} = [ ${quoted} ]\n`
  const read = await context.app.client.call('configDevices', { text })
  // Of a text that nobody wrote, what is wrong says enough.
  if (!read.ok && read.error.reason === 'config-text') throw new Failure(read.error.values['detail'] ?? '')
  const [device] = taken(read)
  if (!device) throw new Failure(`${spec} is no device`)
  return device
}

/** What an image may refer to, as a field of its disk. */
function allowed(context: Context, files: readonly string[]): Pick<Disk, 'allowedBacking'> {
  return files.length === 0 ? {} : { allowedBacking: files.map((file) => resolve(context.folder, file)) }
}

export async function blockAttach(
  context: Context,
  word: string,
  specs: readonly string[],
  backing: readonly string[],
): Promise<void> {
  const { uuid } = await findGuest(context, word)
  const device = await deviceOf(context, 'disk', specs.join(','))
  if (device.kind !== 'vbd') throw new Failure(`${specs.join(',')} is no disk`)
  await call(context, 'deviceAttach', { uuid, device: { ...device, ...allowed(context, backing) } })
}

export async function blockAllow(context: Context, word: string, dev: string, file: string): Promise<void> {
  const { uuid, config } = await findGuest(context, word)
  const key = deviceKey(diskOf(config, dev))
  await call(context, 'backingAllow', { uuid, key, path: resolve(context.folder, file) })
}

function diskOf({ devices, name }: DomainConfig, word: string): Disk {
  for (const device of devices) {
    if (device.kind === 'vbd' && (device.dev === word || String(diskNumber(device.dev)) === word)) return device
  }
  throw new Failure(`Error: Device ${word} not connected to ${name}.`)
}

export async function blockDetach(
  context: Context,
  word: string,
  dev: string,
  options: { readonly force?: true },
): Promise<void> {
  const { uuid, config, running } = await findGuest(context, word)
  const key = deviceKey(diskOf(running ?? config, dev))
  await call(context, 'deviceDetach', { uuid, key, force: options.force === true })
}

export async function cdInsert(
  context: Context,
  word: string,
  dev: string,
  file: string,
  backing: readonly string[],
): Promise<void> {
  const { uuid, config, running } = await findGuest(context, word)
  const disk = diskOf(running ?? config, dev)
  const path = resolve(context.folder, file)
  const { format } = await call(context, 'imageInspect', { path })
  await call(context, 'mediumChange', { uuid, key: deviceKey(disk), path, format, ...allowed(context, backing) })
}

export async function cdEject(context: Context, word: string, dev: string): Promise<void> {
  const { uuid, config, running } = await findGuest(context, word)
  const disk = diskOf(running ?? config, dev)
  await call(context, 'mediumChange', { uuid, key: deviceKey(disk), path: '', format: disk.format })
}

export async function networkAttach(context: Context, word: string, specs: readonly string[]): Promise<void> {
  const { uuid, config } = await findGuest(context, word)
  const device = await deviceOf(context, 'vif', specs.join(','))
  if (device.kind !== 'vif') throw new Failure(`${specs.join(',')} is no network interface`)
  const taken = new Set(config.devices.flatMap((each) => (each.kind === 'vif' ? [each.index] : [])))
  const index = [0, 1, 2, 3, 4, 5, 6, 7].find((each) => !taken.has(each))
  if (index === undefined) throw new Failure(`${config.name} has as many network interfaces as it can have.`)
  await call(context, 'deviceAttach', { uuid, device: { ...device, index } })
}

export async function networkDetach(context: Context, word: string, which: string): Promise<void> {
  const { uuid, config, running } = await findGuest(context, word)
  const { devices, name } = running ?? config
  const device = devices.find(
    (each) => each.kind === 'vif' && (String(each.index) === which || each.mac === which.toLowerCase()),
  )
  if (!device) throw new Failure(`Unknown device ${which} of ${name}.`)
  await call(context, 'deviceDetach', { uuid, key: deviceKey(device), force: false })
}
