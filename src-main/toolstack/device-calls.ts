// Serves the calls about devices, images, networks, and what is seen of a guest from outside: its console, its screen, its inside.
// Runs in: main, plain Node.
import { rm } from 'node:fs/promises'
import { ok } from '../../src-engine/public/result'
import type { HypervisorDriver } from '../driver/driver'
import type { BootFiles } from './boot-files'
import type { CallServers } from './call-server'
import type { Devices } from './devices'
import type { Domains } from './domains'
import type { FreePaths } from './free-paths'
import type { Networks } from './networks'
import type { OwnKernels } from './own-kernels'

export type DeviceCall =
  | 'deviceAttach'
  | 'deviceDetach'
  | 'mediumChange'
  | 'backingAllow'
  | 'macPropose'
  | 'imageProposePath'
  | 'imageInspect'
  | 'diskKernelLook'
  | 'mediaLook'
  | 'mediaExtract'
  | 'treeRecent'
  | 'imageCreate'
  | 'imageResize'
  | 'imageConvert'
  | 'imageCheck'
  | 'networkList'
  | 'networkDefine'
  | 'networkUndefine'
  | 'networkLeases'
  | 'storeDump'
  | 'storeWrite'
  | 'storeWatch'
  | 'domainInspect'
  | 'vcpuInspect'
  | 'consoleOpen'
  | 'screenOpen'
  | 'domainThumbnail'
  | 'screenSave'

export interface DeviceServing {
  readonly driver: HypervisorDriver
  readonly domains: Domains
  readonly devices: Devices
  readonly paths: Pick<FreePaths, 'propose'>
  readonly networks: Networks
  readonly bootFiles: BootFiles
  readonly ownKernels: OwnKernels
}

export function deviceServers({
  driver,
  domains,
  devices,
  paths,
  networks,
  bootFiles,
  ownKernels,
}: DeviceServing): CallServers<DeviceCall> {
  return {
    deviceAttach: ({ uuid, device, image }, caller) => devices.attach(uuid, device, image, caller),
    deviceDetach: ({ uuid, key, force }) => devices.detach(uuid, key, force),
    mediumChange: ({ uuid, key, ...medium }, caller) => devices.changeMedium(uuid, key, medium, caller),
    backingAllow: ({ uuid, key, path }) => devices.allowBacking(uuid, key, path),
    macPropose: () => ok({ mac: domains.freeMac() }),
    imageProposePath: async ({ name, format, taken }) => ok({ path: await paths.propose(name, format, taken) }),
    imageInspect: ({ path, allowedBacking }) => devices.inspect(path, allowedBacking),
    diskKernelLook: (disk) => ownKernels.look(disk),
    mediaLook: ({ path }) => bootFiles.look(path),
    treeRecent: () => ok(bootFiles.recentTrees()),
    mediaExtract: ({ path, ...places }, caller) =>
      bootFiles.extract(path, places, (place) => caller.choseFile(place, 'saveDisk')),
    imageCreate: ({ image }, caller) => devices.createImage(image, caller),
    imageResize: (order, caller) => devices.resize(order, caller),
    imageConvert: ({ from, to, format }, caller) => devices.convert(from, to, format, caller),
    imageCheck: ({ path, repair }, caller) => devices.check(path, repair, caller),
    networkList: () => ok(networks.list()),
    networkDefine: ({ network, replaces, base }) => networks.define(network, replaces, base),
    networkUndefine: ({ name, base }) => networks.undefine(name, base),
    networkLeases: ({ name }) => networks.leases(name),
    storeDump: ({ uuid }) => devices.store(uuid),
    storeWrite: ({ uuid, path, value }) => devices.writeStore(uuid, path, value),
    storeWatch: ({ seconds }) => driver.watchStore(seconds),
    domainInspect: ({ uuid, parts }) => driver.inspect(uuid, parts),
    vcpuInspect: ({ uuid, vcpu }) => driver.inspectVcpu(uuid, vcpu),
    consoleOpen: async ({ uuid, fromOffset }, caller) => {
      const port = await driver.openConsole(uuid, fromOffset)
      return port.ok ? ok({ stream: caller.handOver(port.value) }) : port
    },
    screenOpen: async ({ uuid, mark }, caller) => {
      const file = mark === undefined ? undefined : await caller.pageFile(mark)
      const port = await driver.openScreen(uuid, file)
      // Both have it open now: what a guest shows is to be in no folder.
      if (file !== undefined) await rm(file, { force: true }).catch(() => undefined)
      return port.ok ? ok({ stream: caller.handOver(port.value) }) : port
    },
    domainThumbnail: ({ uuid, width }) => devices.thumbnail(uuid, width),
    screenSave: ({ uuid, path }, caller) => devices.saveScreen(uuid, path, caller),
  }
}
