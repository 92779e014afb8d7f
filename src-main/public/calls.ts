// Every call a window may make of the main process, one row each: what it takes, what it gives back, whether it is done.
// The client in the preload script, the server in ipc/ and the tests are derived from the rows. Verbs are libvirt's.
// Invariant: both ends check with the shapes of the row. A call answers with a Result; it does not throw.
// A call that takes long answers at once with a job number and goes on as `jobChanged` events.
// Runs in: main, preload, renderer. No platform.
import {
  bytes,
  count,
  either,
  fields,
  flag,
  list,
  oneOf,
  optional,
  type Shape,
  shortText,
  type TypeOf,
  within,
} from '../../src-engine/public/shape'
import { configNoteShape } from './config-note'
import {
  CONNECTIONS_MOST,
  closeChoices,
  connectionInfoShape,
  connectionShape,
  formerConnectionShape,
  jobChoices,
} from './connection'
import { CONFIG_FORMATS, configTextShape, diffShape, readConfigShape, revisionShape, trashEntryShape } from './definition'
import {
  deviceShape,
  diskLookShape,
  IMAGE_FORMATS,
  imageInfoShape,
  installMediaShape,
  leaseShape,
  macShape,
  networkShape,
  newImageShape,
} from './device'
import { diagnosisShape, findingKindShape } from './doctor'
import { INSPECT_PARTS, inspectReplyShape, vcpuReplyShape } from './inspect'
import { hostFileShape, listLayoutShape, metadataShape } from './list'
import { preferencesShape } from './preferences'
import { diskFates, diskFilesShape, snapshotTreeShape } from './snapshot'
import {
  newVolumeShape,
  poolInfoShape,
  poolNameShape,
  poolShape,
  trashedVolumeRef,
  trashedVolumeShape,
  volumeNameShape,
  volumeRef,
  volumeShape,
} from './storage'
import { TEMPLATES_MOST, templateNameShape, templateShape } from './template'
import { recentTreesShape } from './tree-address'
import * as t from './types'

const none = fields({})
/** Left out: the first connection that is there. */
const connection = optional(t.uuidShape)
const ofConnection = fields({ connection })
const ofDomain = fields({ uuid: t.uuidShape })
const ofSnapshot = fields({ uuid: t.uuidShape, id: t.uuidShape })
const job = fields({ job: count })
const chosenPath = shortText(4096)
const deviceKey = shortText(32)
const exported = either(shortText(64 << 20), bytes)

const { name: connectionName, driver: connectionDriver, autoconnect } = connectionShape.parts

export const calls = {
  // connections; event `connectionsChanged` follows
  connectionList: { params: none, result: list(connectionInfoShape, CONNECTIONS_MOST), status: 'done' },
  /** A new one (null), or another name and whether it is opened with the app. One that was removed, under its identifier, has
      its domains again. The driver stays what it was. */
  connectionDefine: {
    params: fields({
      connection: t.nullable(t.uuidShape),
      name: connectionName,
      driver: connectionDriver,
      autoconnect,
    }),
    result: fields({ connection: t.uuidShape }),
    status: 'done',
  },
  /** Of one that is closed. Its folder stays, with all that is in it. */
  connectionRemove: { params: fields({ connection: t.uuidShape }), result: t.nothing, status: 'done' },
  /** Those that were removed and whose folder is there. */
  connectionFormer: { params: none, result: list(formerConnectionShape, 10_000), status: 'done' },
  /** Answers when it is connected, or why it is not. */
  connectionOpen: { params: fields({ connection: t.uuidShape }), result: t.nothing, status: 'done' },
  /** With guests that run it must be said what becomes of them, and of jobs that are at work. */
  connectionClose: {
    params: fields({
      connection: t.uuidShape,
      guests: optional(oneOf(...closeChoices)),
      jobs: optional(oneOf(...jobChoices)),
    }),
    result: t.nothing,
    status: 'done',
  },

  // domains
  domainList: { params: none, result: list(t.domainInfoShape), status: 'done' },
  domainInfo: { params: ofDomain, result: t.domainInfoShape, status: 'done' },
  /** Stores a definition under a new identifier; with `start` it is started too (a failed start keeps the definition).
      `images` are made first, and are removed again when the definition is refused. A file that a guest is to write to was
      chosen with filePick, is in the app's folder of disks, or the user is asked. `origin` is the text it was filled in from: what
      no field of ours says stays as it is there. `media`: kernel and ramdisk are first taken out of this ISO image, or
      downloaded from this installation tree (its address), into the places that mediaLook gave. */
  domainDefine: {
    params: fields({
      connection,
      config: t.domainConfigShape,
      images: list(newImageShape, 16),
      start: flag,
      origin: optional(configTextShape),
      media: optional(chosenPath),
    }),
    result: ofDomain,
    status: 'done',
  },
  /**
   * Changes the definition. What can change in a domain that is active does so first (config/live-changes.ts), the rest
   * applies at its next start. With `base` only if the definition is still that one: another window may have changed it.
   */
  domainRedefine: {
    params: fields({ uuid: t.uuidShape, config: t.domainConfigShape, base: optional(t.domainConfigShape) }),
    result: t.nothing,
    status: 'done',
  },
  /** Its written disks, for whoever asks which of them are to be deleted with it. */
  diskFiles: { params: ofDomain, result: list(diskFilesShape), status: 'done' },
  /** Into the trash, with its managed save and history. `disks` are image files of it that go when the trash is emptied,
      each with its `base` (diskFiles): files its guest could write to, or in the app's folder of disks. `forget`: not into the trash, for one that was made a moment ago
      and never ran; its image files stay. */
  domainUndefine: {
    params: fields({ uuid: t.uuidShape, disks: optional(list(chosenPath, 64)), forget: optional(flag) }),
    result: t.nothing,
    status: 'done',
  },
  /** Starts; goes on from the managed save when there is one, unless `fresh`. Answers when the guest runs; with `paused` when it
      is there and waits to be resumed. */
  domainCreate: {
    params: fields({ uuid: t.uuidShape, fresh: flag, paused: optional(flag) }),
    result: t.nothing,
    status: 'done',
  },
  domainSuspend: { params: ofDomain, result: t.nothing, status: 'done' },
  domainResume: { params: ofDomain, result: t.nothing, status: 'done' },
  /** Asks the guest to shut down or reboot; answers once asked, the state follows as an event. */
  domainShutdown: { params: ofDomain, result: t.nothing, status: 'done' },
  domainReboot: { params: ofDomain, result: t.nothing, status: 'done' },
  /** Ends it at once, as domainDestroy does, and boots it afresh: the reset button. Answers when it runs. */
  domainReset: { params: ofDomain, result: t.nothing, status: 'done' },
  domainDestroy: { params: ofDomain, result: t.nothing, status: 'done' },
  domainSetMemory: { params: fields({ uuid: t.uuidShape, memoryMiB: count }), result: t.nothing, status: 'done' },
  /** Of those it runs with; a running guest takes others off or into use, its next start has all of the definition's. */
  domainSetVcpus: { params: fields({ uuid: t.uuidShape, vcpus: count }), result: t.nothing, status: 'done' },
  /** Saves to a file chosen with filePick "saveSaved" and ends the guest. */
  domainSave: { params: fields({ uuid: t.uuidShape, path: chosenPath }), result: job, status: 'done' },
  /** Continues a file chosen with filePick "openSaved". The domain it was taken from is used when it exists and is not
      active; otherwise a new one is made beside it. The job's `uuid` tells which. */
  domainRestore: { params: fields({ connection, path: chosenPath }), result: job, status: 'done' },
  /** Saves to the app's own folder; `domainCreate` goes on from it. */
  domainManagedSave: { params: ofDomain, result: job, status: 'done' },
  /** Fetches kernel and BusyBox, builds a ramdisk, defines and starts. The job's `uuid` is the new domain. */
  demoGuestCreate: { params: ofConnection, result: job, status: 'done' },
  /** Makes a Debian system on a disk image, defines a machine with disk, network and screen, and starts it. */
  debianGuestCreate: { params: ofConnection, result: job, status: 'done' },

  // devices, images, networks
  /** Adds to the definition, and to the guest when it runs (all but a display, which comes with the next start). */
  deviceAttach: {
    params: fields({ uuid: t.uuidShape, device: deviceShape, image: optional(newImageShape) }),
    result: t.nothing,
    status: 'done',
  },
  /** Takes it from the guest when it runs, then from the definition; image files stay. `force` does not wait for the guest. */
  deviceDetach: { params: fields({ uuid: t.uuidShape, key: deviceKey, force: flag }), result: t.nothing, status: 'done' },
  /** Another medium in a removable drive, at once when the guest runs. An empty path ejects. */
  mediumChange: {
    params: fields({
      uuid: t.uuidShape,
      key: deviceKey,
      path: chosenPath,
      format: t.imageFormatShape,
      allowedBacking: optional(list(chosenPath, 64)),
    }),
    result: t.nothing,
    status: 'done',
  },
  /** The image of this disk may refer to that file outside its folder: the user's answer to `backing-refused`, kept in the definition. */
  backingAllow: { params: fields({ uuid: t.uuidShape, key: deviceKey, path: chosenPath }), result: t.nothing, status: 'done' },
  /** A MAC address that no definition has, in Xen's range 00:16:3e. */
  macPropose: { params: ofConnection, result: fields({ mac: macShape }), status: 'done' },
  /** A file in the app's folder of disks that does not exist, named like the machine. `taken` are others not made yet. */
  imageProposePath: {
    params: fields({ connection, name: shortText(256), format: t.writtenFormatShape, taken: list(chosenPath, 64) }),
    result: fields({ path: chosenPath }),
    status: 'done',
  },
  imageInspect: {
    params: fields({ connection, path: chosenPath, allowedBacking: optional(list(chosenPath, 64)) }),
    result: imageInfoShape,
    status: 'done',
  },
  /** What a machine with this disk would start from it; without `found` nothing. */
  diskKernelLook: {
    params: fields({
      connection,
      dev: shortText(8),
      path: chosenPath,
      format: oneOf(...IMAGE_FORMATS),
      allowedBacking: optional(list(chosenPath, 64)),
    }),
    result: diskLookShape,
    status: 'done',
  },
  /** What an ISO image, or the installation tree at an address, is started with, and two new places of the app's for its kernel and ramdisk. */
  mediaLook: {
    params: fields({ connection, path: chosenPath }),
    result: fields({ media: installMediaShape, kernel: chosenPath, ramdisk: chosenPath }),
    status: 'done',
  },
  /** Addresses of trees that machines were made from, the last one first. */
  treeRecent: { params: ofConnection, result: recentTreesShape, status: 'done' },
  /** Takes kernel and ramdisk out of the image or downloads them from the tree, into places that mediaLook gave. */
  mediaExtract: {
    params: fields({ connection, path: chosenPath, kernel: chosenPath, ramdisk: chosenPath }),
    result: job,
    status: 'done',
  },
  /** The files below were chosen with filePick or are in the app's folder of disks. */
  imageCreate: { params: fields({ connection, image: newImageShape }), result: job, status: 'done' },
  /** `allowedBacking`: what it may refer to beside what a machine that has it as a disk may; its data file becomes larger with it. */
  imageResize: {
    params: fields({ connection, path: chosenPath, sizeMiB: count, allowedBacking: optional(list(chosenPath, 64)) }),
    result: job,
    status: 'done',
  },
  /** Writes a new image with the same content, whole or not at all. */
  imageConvert: {
    params: fields({ connection, from: chosenPath, to: chosenPath, format: t.writtenFormatShape }),
    result: job,
    status: 'done',
  },
  imageCheck: { params: fields({ connection, path: chosenPath, repair: flag }), result: job, status: 'done' },
  networkList: { params: ofConnection, result: list(t.networkInfoShape, 256), status: 'done' },
  /** A new network, or a changed one (`replaces` is its name before). With `base` only if it still is that one: another window may
      have changed it. */
  networkDefine: {
    params: fields({ connection, network: networkShape, replaces: t.nullable(shortText(64)), base: optional(networkShape) }),
    result: t.nothing,
    status: 'done',
  },
  networkUndefine: {
    params: fields({ connection, name: shortText(64), base: optional(networkShape) }),
    result: t.nothing,
    status: 'done',
  },
  networkLeases: { params: fields({ connection, name: shortText(64) }), result: list(leaseShape, 4096), status: 'done' },
  /** The part of XenStore that is about the domain (all of it for domain 0), as `xenstore-ls -f` prints it. */
  storeDump: { params: ofDomain, result: fields({ text: shortText(8 << 20) }), status: 'done' },

  // the list: folders, tags; files dropped onto it
  /** Of the domains that have any. */
  metadataList: { params: none, result: list(fields({ uuid: t.uuidShape, metadata: metadataShape })), status: 'done' },
  /** Of many domains at once; event `metadataChanged` follows. */
  metadataSet: {
    params: fields({ changes: list(fields({ uuid: t.uuidShape, metadata: metadataShape }), 10_000) }),
    result: t.nothing,
    status: 'done',
  },
  /** What a file is, by its first bytes. */
  fileLook: { params: fields({ path: chosenPath }), result: hostFileShape, status: 'done' },

  // snapshots, and machines made from others
  snapshotTree: { params: ofDomain, result: snapshotTreeShape, status: 'done' },
  /** Of a running guest with its memory, while it goes on; all its written disks at the same instant. */
  snapshotCreate: {
    params: fields({ uuid: t.uuidShape, name: shortText(256), description: shortText(8192) }),
    result: job,
    status: 'done',
  },
  snapshotRedefine: {
    params: fields({ uuid: t.uuidShape, id: t.uuidShape, name: shortText(256), description: shortText(8192) }),
    result: t.nothing,
    status: 'done',
  },
  /** The present state is given up; a guest that ran then runs on from there. */
  snapshotRevert: { params: ofSnapshot, result: job, status: 'done' },
  /** With `below` also all that came from it. What its disks alone hold is merged when nothing running uses it. */
  snapshotDelete: {
    params: fields({ uuid: t.uuidShape, id: t.uuidShape, below: flag }),
    result: t.nothing,
    status: 'done',
  },
  /** The screen as a PNG file, or the end of the text console. */
  snapshotPicture: {
    params: ofSnapshot,
    result: fields({ png: t.nullable(bytes), text: shortText(1 << 20) }),
    status: 'done',
  },
  /** A new machine from a snapshot, with its memory, beside the original. The job's `uuid` is the new one's. */
  snapshotBranch: {
    params: fields({ uuid: t.uuidShape, id: t.uuidShape, name: shortText(256) }),
    result: job,
    status: 'done',
  },
  /** A copy of a running guest: both go on from the same instant. */
  domainFork: { params: fields({ uuid: t.uuidShape, name: shortText(256) }), result: job, status: 'done' },
  /** Of a machine that is off or of a snapshot. Disks not named are copied, read-only ones shared. A copy goes `to` a file that is not
   * there yet, chosen with filePick; without it, into the app's folder of disks. */
  domainClone: {
    params: fields({
      uuid: t.uuidShape,
      snapshot: t.nullable(t.uuidShape),
      name: shortText(256),
      disks: list(fields({ dev: shortText(8), fate: oneOf(...diskFates), to: optional(chosenPath) }), 64),
    }),
    result: job,
    status: 'done',
  },

  // definitions as texts
  /** The configuration: libvirt's domain XML, which is what is stored, or an xl.cfg made from it. Passwords only if `secure`. */
  configText: {
    params: fields({ uuid: t.uuidShape, format: oneOf(...CONFIG_FORMATS), secure: optional(flag) }),
    result: fields({ text: configTextShape, notes: list(configNoteShape, 1000) }),
    status: 'done',
  },
  /** What a text in either format would become: of that domain, or of a new one. Changes nothing. */
  configLook: {
    params: fields({ connection, uuid: t.nullable(t.uuidShape), text: configTextShape }),
    result: readConfigShape,
    status: 'done',
  },
  /** The texts a definition would have, not stored: `origin` as with domainDefine. Without an identifier and without passwords. */
  configDraft: {
    params: fields({ connection, config: t.domainConfigShape, origin: optional(configTextShape) }),
    result: fields({ xml: configTextShape, xl: configTextShape, notes: list(configNoteShape, 1000) }),
    status: 'done',
  },
  /** The devices a text in either format describes. */
  configDevices: { params: fields({ connection, text: configTextShape }), result: list(deviceShape, 64), status: 'done' },
  /**
   * Takes it. Files that a guest is to write to: as with domainDefine. A new one has the name in the text, with a number where it is
   * taken (configLook tells), or `name`, which is refused where it is taken.
   */
  configDefine: {
    params: fields({
      connection,
      uuid: t.nullable(t.uuidShape),
      text: configTextShape,
      name: optional(shortText(256)),
      start: flag,
    }),
    result: ofDomain,
    status: 'done',
  },
  /** A file chosen with filePick "openConfig": its text, and what it would become. */
  configRead: {
    params: fields({ connection, path: chosenPath }),
    result: fields({ source: configTextShape, look: readConfigShape }),
    status: 'done',
  },
  /** To a file chosen with filePick "saveConfig". */
  configWrite: {
    params: fields({ uuid: t.uuidShape, format: oneOf(...CONFIG_FORMATS), path: chosenPath }),
    result: t.nothing,
    status: 'done',
  },
  /** With `from` only while that still is its name: another window may have given it one. */
  domainRename: {
    params: fields({ uuid: t.uuidShape, name: shortText(256), from: optional(shortText(256)) }),
    result: t.nothing,
    status: 'done',
  },
  /** What the definition was, oldest first. */
  revisionList: { params: ofDomain, result: list(revisionShape), status: 'done' },
  /** Line by line between two revisions; `to` null is the definition now. */
  revisionDiff: {
    params: fields({ uuid: t.uuidShape, from: count, to: t.nullable(count) }),
    result: diffShape,
    status: 'done',
  },
  /** The definition becomes again what it was: one more revision. */
  revisionRevert: { params: fields({ uuid: t.uuidShape, revision: count }), result: t.nothing, status: 'done' },
  templateList: { params: ofConnection, result: list(templateShape, TEMPLATES_MOST), status: 'done' },
  /** A domain as it is defined now, if wanted (of one that is off) with copies of what is on its disks. */
  templateSave: {
    params: fields({ uuid: t.uuidShape, name: templateNameShape, disks: flag }),
    result: job,
    status: 'done',
  },
  /** Its images stay in storage. */
  templateRemove: { params: fields({ connection, id: t.uuidShape }), result: t.nothing, status: 'done' },
  trashList: { params: none, result: list(trashEntryShape), status: 'done' },
  trashRestore: { params: fields({ id: shortText(80) }), result: ofDomain, status: 'done' },
  /** For good. */
  trashEmpty: { params: fields({ ids: list(shortText(80)) }), result: t.nothing, status: 'done' },
  /** Writes one node that storeDump of this domain shows (or could show), as xenstore-write does. */
  storeWrite: {
    params: fields({ uuid: t.uuidShape, path: shortText(3072), value: shortText(4096) }),
    result: t.nothing,
    status: 'done',
  },
  /** For this many seconds from now on the event storeChanged tells that XenStore has changed. */
  storeWatch: { params: fields({ seconds: within(1, 60) }), result: t.nothing, status: 'done' },
  /** The inside of a guest: only the parts asked for, as they are now. */
  domainInspect: {
    params: fields({ uuid: t.uuidShape, parts: list(oneOf(...INSPECT_PARTS), 8) }),
    result: inspectReplyShape,
    status: 'done',
  },
  /** Registers, code and stack of one vcpu of a paused machine. */
  vcpuInspect: { params: fields({ uuid: t.uuidShape, vcpu: within(0, 127) }), result: vcpuReplyShape, status: 'done' },

  // storage: folders of disk images and the images in them
  poolList: { params: ofConnection, result: list(poolInfoShape, 256), status: 'done' },
  /** The folder was chosen with filePick "poolFolder", or was a pool until it was taken away in this run. */
  poolDefine: { params: fields({ connection, ...poolShape.parts }), result: t.nothing, status: 'done' },
  /** The folder and its files stay. */
  poolUndefine: { params: fields({ connection, name: poolNameShape }), result: t.nothing, status: 'done' },
  volumeList: { params: fields({ connection, pool: poolNameShape }), result: list(volumeShape, 10_000), status: 'done' },
  volumeCreate: { params: fields({ connection, ...newVolumeShape.parts }), result: job, status: 'done' },
  /** Larger; smaller only back to what it was, as long as nobody wrote to it since. `allowedBacking` as for imageResize. */
  volumeResize: {
    params: fields({
      connection,
      pool: poolNameShape,
      name: volumeNameShape,
      sizeMiB: count,
      allowedBacking: optional(list(chosenPath, 64)),
    }),
    result: job,
    status: 'done',
  },
  /** Reads as before, on another volume of its pool or on none. `allowedBacking` as for imageResize, here and below. */
  volumeRebase: {
    params: fields({
      connection,
      pool: poolNameShape,
      name: volumeNameShape,
      backing: t.nullable(volumeNameShape),
      allowedBacking: optional(list(chosenPath, 64)),
    }),
    result: job,
    status: 'done',
  },
  volumeCheck: {
    params: fields({ connection, pool: poolNameShape, name: volumeNameShape, repair: flag }),
    result: job,
    status: 'done',
  },
  /** A full copy in the same pool, perhaps in another format. */
  volumeClone: {
    params: fields({
      connection,
      pool: poolNameShape,
      name: volumeNameShape,
      to: volumeNameShape,
      format: t.writtenFormatShape,
      allowedBacking: optional(list(chosenPath, 64)),
    }),
    result: job,
    status: 'done',
  },
  /** Takes in a file chosen with filePick "openDisk"; what cannot be written as it is becomes qcow2. */
  volumeUpload: {
    params: fields({ connection, pool: poolNameShape, from: chosenPath, name: volumeNameShape }),
    result: job,
    status: 'done',
  },
  /** Into the trash, where its file takes its room until that is emptied. Refused while anybody uses it. */
  volumeDelete: { params: fields({ connection, ...volumeRef.parts }), result: trashedVolumeRef, status: 'done' },
  /** Deleted volumes of all pools, newest first. */
  volumeTrash: { params: ofConnection, result: list(trashedVolumeShape, 10_000), status: 'done' },
  /** Under its name in its pool, if that is free. */
  volumeRestore: { params: fields({ connection, ...trashedVolumeRef.parts }), result: t.nothing, status: 'done' },
  /** For good. */
  volumeErase: { params: fields({ connection, ...trashedVolumeRef.parts }), result: t.nothing, status: 'done' },

  // figures, jobs, log
  domainSamples: {
    params: fields({ uuid: t.uuidShape, minutes: within(1, t.SAMPLE_HOURS_KEPT * 60) }),
    result: t.sampleSeriesShape,
    status: 'done',
  },
  hostSamples: {
    params: fields({ connection, of: oneOf(...t.hostSeriesOf), minutes: within(1, t.SAMPLE_HOURS_KEPT * 60) }),
    result: t.sampleSeriesShape,
    status: 'done',
  },
  /** The hypervisor's whole message ring of a machine that is there. */
  domainDmesg: { params: ofDomain, result: fields({ text: shortText(1 << 20) }), status: 'done' },
  domainLog: { params: ofDomain, result: list(t.logLineShape), status: 'done' },
  jobList: { params: none, result: list(t.jobInfoShape), status: 'done' },
  jobCancel: { params: job, result: t.nothing, status: 'done' },
  noticeList: { params: none, result: list(t.noticeShape), status: 'done' },
  noticeDismiss: { params: fields({ id: count }), result: t.nothing, status: 'done' },

  /** Opens a stream to the text console. The port follows as a window message (see client.ts) with the number given here.
      `fromOffset`: see stream.ts; left out, all of the scrollback comes first. */
  consoleOpen: {
    params: fields({ uuid: t.uuidShape, fromOffset: optional(count) }),
    result: fields({ stream: count }),
    status: 'done',
  },
  /**
   * Opens a stream to the screen: RFB, every message bytes. The port follows as with consoleOpen. `mark`: all that stands in a file of
   * the page's own storage; where the screen's server is on this computer it gets that file, for long pieces (stream.ts).
   */
  screenOpen: {
    params: fields({ uuid: t.uuidShape, mark: optional(t.uuidShape) }),
    result: fields({ stream: count }),
    status: 'done',
  },
  /** What a machine that is there shows, small: its screen as PNG, or the end of its text console. */
  domainThumbnail: {
    params: fields({ uuid: t.uuidShape, width: within(64, 640) }),
    result: fields({ png: optional(bytes), text: optional(shortText(16_384)) }),
    status: 'done',
  },
  /** Writes a picture of the screen to a file chosen with filePick "saveScreenshot". */
  screenSave: { params: fields({ uuid: t.uuidShape, path: chosenPath }), result: t.nothing, status: 'done' },

  // host and app
  hostInfo: { params: ofConnection, result: t.hostInfoShape, status: 'done' },
  aboutInfo: { params: none, result: t.aboutInfoShape, status: 'done' },
  preferencesGet: { params: none, result: preferencesShape, status: 'done' },
  preferencesSet: { params: preferencesShape, result: t.nothing, status: 'done' },
  /** Looks at the machine and at every domain; what is wrong, and what was looked at. */
  doctorLook: { params: none, result: diagnosisShape, status: 'done' },
  /** Mends a finding that can be mended (findingTable); one that is gone meanwhile is no error. */
  doctorMend: {
    params: fields({ kind: findingKindShape, uuid: t.nullable(t.uuidShape), subject: shortText(4096) }),
    result: t.nothing,
    status: 'done',
  },
  /** Versions, configuration, findings and logs, without secrets, as a zip at a path chosen with filePick "saveReport". */
  reportSave: { params: fields({ path: chosenPath }), result: t.nothing, status: 'done' },
  /** Columns, order and saved filters of the list of domains. */
  listLayoutGet: { params: none, result: listLayoutShape, status: 'done' },
  listLayoutSet: { params: listLayoutShape, result: t.nothing, status: 'done' },
  /** The window of a new machine with these files filled in, which it asks for with createDomainFiles. */
  createDomainOpen: { params: fields({ connection, files: list(hostFileShape, 64) }), result: t.nothing, status: 'done' },
  /** The files it was opened with, once. Event `createDomainFilled` says that there are others. */
  createDomainFiles: { params: none, result: list(hostFileShape, 64), status: 'done' },
  /** The system's file dialog over the calling window. Null when the user cancelled. Only files chosen this way may be
      written or restored; a kernel or ramdisk may also be typed in. */
  filePick: {
    // A name of full length, and what stands behind it.
    params: fields({ kind: oneOf(...t.fileKinds), suggestedName: shortText(400) }),
    result: fields({ path: t.nullable(chosenPath) }),
    status: 'done',
  },
  /** Writes a file that was chosen with filePick of this kind: figures, a log, a picture. */
  fileWrite: {
    params: fields({ path: chosenPath, kind: oneOf(...t.exportKinds), content: exported }),
    result: t.nothing,
    status: 'done',
  },
  /** Shows a file or folder of the app's that was put aside in the system's file manager. */
  asideShow: { params: fields({ path: chosenPath }), result: t.nothing, status: 'done' },
  /** A window of the view; brought to the front when it is open already. `uuid` is the domain's; of the windows of one
      connection (host, networks, new machine) the connection's, null for the first that is there; else null. */
  windowOpen: {
    params: fields({ view: oneOf(...t.windowViews), uuid: t.nullable(t.uuidShape), page: optional(t.pageNameShape) }),
    result: t.nothing,
    status: 'done',
  },
  /** Fills the screen with the window that calls, or ends that. Event `fullScreenChanged` says what it is now. */
  windowFullScreen: { params: fields({ on: flag }), result: t.nothing, status: 'done' },
  /** The size of all in the window that calls, as the menu bar's entries change it. */
  windowZoom: { params: fields({ step: oneOf('in', 'out', 'reset') }), result: t.nothing, status: 'done' },
  /** Closes the window that calls. */
  windowClose: { params: none, result: t.nothing, status: 'done' },
  /** What can be chosen now in the menu bar of the calling window, of what is in public/menu.ts: told whenever it changes. */
  menuOffer: { params: fields({ commands: list(shortText(64), 128) }), result: t.nothing, status: 'done' },
  /** The calling window shows its view and can be used: told once. */
  windowDrawn: { params: none, result: t.nothing, status: 'done' },
  /** The system's clipboard; the page's own clipboard access is denied. */
  clipboardRead: { params: none, result: fields({ text: shortText(1 << 20) }), status: 'done' },
  clipboardWrite: { params: fields({ text: shortText(1 << 20) }), result: t.nothing, status: 'done' },
  /** Ask to quit; with active guests the event `quitAsked` comes back, and quitChoose answers it. */
  quit: { params: none, result: t.nothing, status: 'done' },
  quitChoose: { params: fields({ choice: oneOf(...t.quitChoices) }), result: t.nothing, status: 'done' },
} as const satisfies Record<string, CallRow<unknown, unknown>>

export interface CallRow<P, R> {
  readonly params: Shape<P>
  readonly result: Shape<R>
  readonly status: string
}

export type CallName = keyof typeof calls
export type CallParams<C extends CallName> = TypeOf<(typeof calls)[C]['params']>
export type CallResult<C extends CallName> = TypeOf<(typeof calls)[C]['result']>

/** The same rows, typed so that a row found by a name known only later keeps its parameter and result together. */
export const callTable: { readonly [C in CallName]: CallRow<CallParams<C>, CallResult<C>> } = calls

export function isCallName(name: unknown): name is CallName {
  return typeof name === 'string' && Object.hasOwn(calls, name)
}
