// The commands of xm, one row each: xl's names, arguments and options, what they do, and the function. Help, parsing and tests
// derive from the rows. Those marked `ours` are not xl's: xm's old new, start, reset and delete, virsh's dumpxml and snapshots, forks, clones, and images.
// Runs in: command line, plain Node.

import { connections } from './connection-commands'
import { attach } from './console'
import type { Context } from './context'
import * as device from './device-commands'
import * as domain from './domain-commands'
import * as image from './image-commands'
import * as life from './life-commands'
import * as snapshot from './snapshot-commands'
import { top } from './top'
import { vncViewer } from './viewer'

export interface CommandRow {
  /** As commander reads them: <one>, [maybe], [many...]. */
  readonly args: string
  readonly does: string
  readonly options?: readonly (readonly [flags: string, does: string])[]
  readonly run: (context: Context, args: Arguments) => Promise<void>
  readonly ours?: true
  readonly status: string
}

/** What was on the line: words, lists of words, and options by their long name. */
export interface Arguments {
  word(at: number): string
  words(at: number): readonly string[]
  flag(name: string): { readonly [name: string]: true } | undefined
  /** The word of an option that takes one. */
  value(name: string): string | undefined
  /** The words of an option that takes some. */
  list(name: string): readonly string[]
}

/** The options that were given, for a function that takes them as fields. */
function flags(args: Arguments, ...names: string[]): { readonly [name: string]: true } {
  return Object.assign({}, ...names.map((name) => args.flag(name)))
}

const wait = ['-w, --wait', 'Wait until it is so.'] as const
const backing = ['--backing <files...>', 'Files outside its own folder that the image may refer to.'] as const
const imageFormat = ['-f, --format <format>', 'qcow2 (unless it is said) or raw.'] as const
const all = ['-a, --all', 'All guests.'] as const

export const commands = {
  list: {
    args: '[domains...]',
    does: 'List information about all/some domains.',
    options: [
      ['-l, --long', 'Output all details'],
      ['-v, --verbose', 'Prints out UUIDs'],
      ['-a, --all', 'Those that are off too'],
    ],
    run: (context, args) => domain.list(context, args.words(0), flags(args, 'long', 'verbose', 'all')),
    status: 'done',
  },
  connections: {
    args: '',
    does: 'List connections; “xm -c NAME …” is about one of them.',
    run: (context) => connections(context),
    ours: true,
    status: 'done',
  },
  create: {
    args: '<file> [settings...]',
    does: 'Create a domain from config file: xl.cfg, or libvirt domain XML.',
    options: [
      ['-c, --console', 'Connect to the console after the domain is created.'],
      ['-n, --dryrun', 'Print what it would be defined as, and do nothing.'],
      ['-p, --paused', 'Leave the domain paused after it is created.'],
      ['-q, --quiet', 'Quiet.'],
    ],
    run: (context, args) =>
      life.create(context, args.word(0), args.words(1), flags(args, 'console', 'dryrun', 'paused', 'quiet')),
    status: 'done',
  },
  new: {
    args: '<file> [settings...]',
    does: 'Define a domain from config file (xl.cfg, or libvirt domain XML), and do not start it.',
    options: [['-q, --quiet', 'Quiet.']],
    run: (context, args) => life.create(context, args.word(0), args.words(1), { off: true, ...flags(args, 'quiet') }),
    ours: true,
    status: 'done',
  },
  start: {
    args: '<domain>',
    does: 'Start a defined domain.',
    run: (context, args) => life.start(context, args.word(0)),
    ours: true,
    status: 'done',
  },
  destroy: {
    args: '<domain>',
    does: 'Terminate a domain immediately.',
    run: (context, args) => life.destroy(context, args.word(0)),
    status: 'done',
  },
  reset: {
    args: '<domain>',
    does: 'Reset a domain: terminate it immediately and boot it afresh.',
    run: (context, args) => life.reset(context, args.word(0)),
    ours: true,
    status: 'done',
  },
  shutdown: {
    args: '[domains...]',
    does: 'Issue a shutdown signal to a domain.',
    options: [all, wait],
    run: (context, args) => life.shutdown(context, args.words(0), flags(args, 'all', 'wait')),
    status: 'done',
  },
  reboot: {
    args: '[domains...]',
    does: 'Issue a reboot signal to a domain.',
    options: [all, wait],
    run: (context, args) => life.reboot(context, args.words(0), flags(args, 'all', 'wait')),
    status: 'done',
  },
  pause: {
    args: '<domain>',
    does: 'Pause execution of a domain.',
    run: (context, args) => life.pause(context, args.word(0)),
    status: 'done',
  },
  unpause: {
    args: '<domain>',
    does: 'Unpause a paused domain.',
    run: (context, args) => life.unpause(context, args.word(0)),
    status: 'done',
  },
  console: {
    args: '<domain>',
    does: "Attach to domain's console; Ctrl+] leaves.",
    run: (context, args) => attach(context, args.word(0)),
    status: 'done',
  },
  save: {
    args: '<domain> <file>',
    does: 'Save a domain state to restore later.',
    run: (context, args) => life.save(context, args.word(0), args.word(1)),
    status: 'done',
  },
  restore: {
    args: '<file>',
    does: 'Restore a domain from a saved state.',
    run: (context, args) => life.restore(context, args.word(0)),
    status: 'done',
  },
  migrate: {
    args: '<domain> <host>',
    does: 'Migrate a domain to another host: not possible yet.',
    run: (context, args) => life.migrate(context, args.word(0), args.word(1)),
    status: 'partial: refused in one sentence',
  },
  domid: {
    args: '<name>',
    does: 'Convert a domain name to domain id.',
    run: (context, args) => domain.domid(context, args.word(0)),
    status: 'done',
  },
  domname: {
    args: '<domid>',
    does: 'Convert a domain id to domain name.',
    run: (context, args) => domain.domname(context, args.word(0)),
    status: 'done',
  },
  rename: {
    args: '<domain> <name>',
    does: 'Rename a domain.',
    run: (context, args) => life.rename(context, args.word(0), args.word(1)),
    status: 'done',
  },
  'mem-set': {
    args: '<domain> <size>',
    does: 'Set the current memory usage for a domain.',
    run: (context, args) => life.memSet(context, args.word(0), args.word(1)),
    status: 'done',
  },
  'vcpu-list': {
    args: '[domains...]',
    does: 'List the VCPUs for all/some domains.',
    run: (context, args) => domain.vcpuList(context, args.words(0)),
    status: 'done',
  },
  'vcpu-set': {
    args: '<domain> <vcpus>',
    does: 'Set the number of active VCPUs allowed for the domain; of one that is off, how many it starts with.',
    options: [['-i, --ignore-host', 'More than the host has processors, too.']],
    run: (context, args) => domain.vcpuSet(context, args.word(0), args.word(1), flags(args, 'ignoreHost')),
    status: 'done',
  },
  'vcpu-pin': {
    args: '<domain> <vcpu> <hard> [soft]',
    does: 'Set which processors a domain\'s VCPUs ("all") can use: a list such as 0-1,3, or "all".',
    run: (context, args) => domain.vcpuPin(context, args.word(0), args.word(1), args.word(2), args.word(3)),
    status: 'done',
  },
  'sched-credit': {
    args: '',
    does: 'Get/set credit scheduler parameters.',
    options: [
      ['-d, --domain <domain>', 'Domain to modify; all when left out.'],
      ['-w, --weight <weight>', 'Weight (int): 1 to 65535, 256 when nothing was said.'],
      ['-c, --cap <cap>', 'Cap (int): percent of a processor, 0 for none.'],
    ],
    run: (context, args) =>
      domain.schedCredit(context, args.value('domain'), { cpuWeight: args.value('weight'), cpuCap: args.value('cap') }),
    status: 'done',
  },
  top: {
    args: '',
    does: 'Information about domains as xentop shows it; q leaves.',
    options: [
      ['-d, --delay <seconds>', 'Between updates; 3 when left out.'],
      ['-b, --batch', 'Lines for a program, no screen.'],
      ['-i, --iterations <count>', 'End after so many.'],
    ],
    run: (context, args) =>
      top(context, {
        batch: args.flag('batch') !== undefined,
        delay: args.value('delay'),
        iterations: args.value('iterations'),
      }),
    status: 'done',
  },
  'block-list': {
    args: '<domains...>',
    does: 'List virtual block devices for a domain.',
    run: (context, args) => device.blockList(context, args.words(0)),
    status: 'done',
  },
  'block-attach': {
    args: '<domain> <spec...>',
    does: 'Create a new virtual block device.',
    options: [backing],
    run: (context, args) => device.blockAttach(context, args.word(0), args.words(1), args.list('backing')),
    status: 'done',
  },
  'block-detach': {
    args: '<domain> <dev>',
    does: "Destroy a domain's virtual block device.",
    options: [['--force', 'Do not wait for the guest.']],
    run: (context, args) => device.blockDetach(context, args.word(0), args.word(1), flags(args, 'force')),
    status: 'done',
  },
  'block-allow': {
    args: '<domain> <dev> <file>',
    does: "Allow a disk's image to refer to a file outside its own folder.",
    run: (context, args) => device.blockAllow(context, args.word(0), args.word(1), args.word(2)),
    ours: true,
    status: 'done',
  },
  'cd-insert': {
    args: '<domain> <dev> <file>',
    does: "Insert a cdrom into a guest's cd drive.",
    options: [backing],
    run: (context, args) => device.cdInsert(context, args.word(0), args.word(1), args.word(2), args.list('backing')),
    status: 'done',
  },
  'cd-eject': {
    args: '<domain> <dev>',
    does: "Eject a cdrom from a guest's cd drive.",
    run: (context, args) => device.cdEject(context, args.word(0), args.word(1)),
    status: 'done',
  },
  'snapshot-list': {
    args: '<domain>',
    does: 'List the snapshots of a domain; the star is where its state came from.',
    run: (context, args) => snapshot.list(context, args.word(0)),
    ours: true,
    status: 'done',
  },
  'snapshot-create': {
    args: '<domain> <name> [description]',
    does: 'Keep memory and disks of this instant; the domain goes on.',
    run: (context, args) => snapshot.create(context, args.word(0), args.word(1), args.word(2)),
    ours: true,
    status: 'done',
  },
  'snapshot-revert': {
    args: '<domain> <snapshot>',
    does: 'Give up the present state and go on from a snapshot.',
    run: (context, args) => snapshot.revert(context, args.word(0), args.word(1)),
    ours: true,
    status: 'done',
  },
  'snapshot-delete': {
    args: '<domain> <snapshot>',
    does: 'Delete a snapshot; its disks are merged.',
    options: [['--children', 'And all that came from it.']],
    run: (context, args) => snapshot.remove(context, args.word(0), args.word(1), flags(args, 'children')),
    ours: true,
    status: 'done',
  },
  'snapshot-branch': {
    args: '<domain> <snapshot> <name>',
    does: 'Make a domain that goes on from a snapshot, beside the original.',
    run: (context, args) => snapshot.branch(context, args.word(0), args.word(1), args.word(2)),
    ours: true,
    status: 'done',
  },
  fork: {
    args: '<domain> <name>',
    does: 'Make a running copy of a running domain; both go on from this instant.',
    run: (context, args) => snapshot.fork(context, args.word(0), args.word(1)),
    ours: true,
    status: 'done',
  },
  clone: {
    args: '<domain> <name>',
    does: 'Clone a domain that is off, or a snapshot.',
    options: [
      ['--linked', 'Its disks hold what differs from the original.'],
      ['-s, --snapshot <snapshot>', 'Clone this one.'],
    ],
    run: (context, args) =>
      snapshot.clone(context, args.word(0), args.word(1), { ...flags(args, 'linked'), snapshot: args.value('snapshot') }),
    ours: true,
    status: 'done',
  },
  'image-create': {
    args: '<file> <size>',
    does: 'Make an empty disk image of that size, MiB or with a suffix k, m, g, t.',
    options: [imageFormat],
    run: (context, args) => image.create(context, args.word(0), args.word(1), args.value('format')),
    ours: true,
    status: 'done',
  },
  'image-copy': {
    args: '<from> <file> [size]',
    does: 'Make a disk image that begins with what is in another one, larger if a size is given.',
    options: [imageFormat, backing],
    run: (context, args) =>
      image.copy(context, [args.word(0), args.word(1), args.word(2)], args.list('backing'), args.value('format')),
    ours: true,
    status: 'done',
  },
  'image-resize': {
    args: '<file> <size>',
    does: 'Make a disk image larger, to that size, MiB or with a suffix k, m, g, t.',
    options: [backing],
    run: (context, args) => image.resize(context, args.word(0), args.word(1), args.list('backing')),
    ours: true,
    status: 'done',
  },
  'image-rebase': {
    args: '<file> [below]',
    does: 'Put a qcow2 image of a pool on another one beside it, or on none if none is named; its contents stay.',
    options: [backing],
    run: (context, args) => image.rebase(context, args.word(0), args.word(1), args.list('backing')),
    ours: true,
    status: 'done',
  },
  'media-extract': {
    args: '<iso|address> <kernel> <ramdisk>',
    does: 'Take the kernel and ramdisk of an installer or live system out of an ISO image or from an http(s) address, into new files.',
    run: (context, args) => image.extract(context, [args.word(0), args.word(1), args.word(2)]),
    ours: true,
    status: 'done',
  },
  'network-list': {
    args: '<domains...>',
    does: 'List virtual network interfaces for a domain.',
    run: (context, args) => device.networkList(context, args.words(0)),
    status: 'done',
  },
  'network-attach': {
    args: '<domain> [spec...]',
    does: 'Create a new virtual network device.',
    run: (context, args) => device.networkAttach(context, args.word(0), args.words(1)),
    status: 'done',
  },
  'network-detach': {
    args: '<domain> <dev>',
    does: "Destroy a domain's virtual network device.",
    run: (context, args) => device.networkDetach(context, args.word(0), args.word(1)),
    status: 'done',
  },
  uptime: {
    args: '[domains...]',
    does: 'Print uptime for all/some domains.',
    run: (context, args) => domain.uptime(context, args.words(0)),
    status: 'done',
  },
  sysrq: {
    args: '<domain> <letter>',
    does: 'Send a sysrq to a domain.',
    run: (context, args) => domain.sysrq(context, args.word(0), args.word(1)),
    status: 'done',
  },
  vncviewer: {
    args: '<domain>',
    does: "Attach to domain's VNC server.",
    run: (context, args) => vncViewer(context, args.word(0)),
    status: 'done',
  },
  info: { args: '', does: 'Get information about the host.', run: (context) => domain.info(context), status: 'done' },
  dmesg: {
    args: '',
    does: 'Read the messages of the hypervisor and of domain 0.',
    run: (context) => domain.dmesg(context),
    status: 'done',
  },
  dumpxml: {
    args: '<domain>',
    does: 'Print the definition as libvirt domain XML.',
    options: [
      ['--xl', 'As an xl.cfg.'],
      ['--security-info', 'With passwords.'],
    ],
    run: (context, args) => domain.dumpxml(context, args.word(0), flags(args, 'xl', 'securityInfo')),
    ours: true,
    status: 'done',
  },
  delete: {
    args: '<domain>',
    does: 'Move a domain that is off to the trash.',
    run: (context, args) => life.remove(context, args.word(0)),
    ours: true,
    status: 'done',
  },
} as const satisfies Record<string, CommandRow>
