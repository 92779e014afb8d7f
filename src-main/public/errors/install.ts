// Errors of kernels that are taken out of install media, disks and the trees of distributions. Runs in: everywhere.
import type { ErrorRow } from './error-row'

export const installErrors = {
  'media-no-kernel': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'In {path} there is no kernel with a ramdisk where Linux installers and live systems have them.',
    action: 'Choose another image for x86-64, or give kernel and ramdisk yourself.',
  },
  'disk-no-kernel': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'On the disk {dev} ({path}) there is no kernel to start.',
    action: 'Install a system on it first, or give a kernel file under Boot.',
  },
  'disk-no-kernel-but': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'On the disk {dev} ({path}) there is no kernel to start, only {holds}.',
    action: 'Install a system on it first, or give a kernel file under Boot.',
  },
  'disk-kernel-unread': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'No kernel can be taken from the disk {dev}: {detail}.',
    action: 'Give a kernel file under Boot. A disk starts by itself where its kernel lies on ext2, ext3 or ext4.',
  },
  'media-unreadable': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The ISO image {path} cannot be used: {detail}.',
    action: 'Load it again, or choose another one.',
  },
  'tree-address': {
    code: 'INVALID_ARG',
    cause: '“{url}” is not the address of an installation tree.',
    action: 'Give one that begins with http:// or https://, without a password in it.',
  },
  'tree-no-host': {
    code: 'OPERATION_FAILED',
    cause: 'There is no server called {host}, or no way to ask for it.',
    action: 'Check how it is written, and whether this computer is online.',
  },
  'tree-unreachable': {
    code: 'OPERATION_FAILED',
    cause: 'The server {host} cannot be reached: it accepts no connection, or there is no route to it.',
    action: 'Check the address and the network of this computer, or choose another mirror.',
  },
  'tree-silent': {
    code: 'OPERATION_TIMEOUT',
    cause: 'The server {host} sent nothing for too long ({detail} seconds).',
    action: 'Try again later, or choose another mirror.',
  },
  'tree-tls': {
    code: 'OPERATION_FAILED',
    cause: 'No safe connection to {host} could be made: {detail}.',
    action: 'Check the address and the clock of this computer, or choose another mirror.',
  },
  'tree-status': {
    code: 'OPERATION_FAILED',
    cause: 'The server did not give {url}: it answered with status {detail}.',
    action: 'Try again later, or choose another address.',
  },
  'tree-redirect': {
    code: 'OPERATION_FAILED',
    cause: '{url} redirects too often, away from the web, or to a connection that is not safe.',
    action: 'Give the address where it really is.',
  },
  'tree-nothing': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'At {url} there is no kernel with a ramdisk where installation trees have them.',
    action:
      'Give the folder of a release, such as http://mirror.example.org/debian/dists/stable/, or of an installer for x86-64.',
  },
  'tree-arch': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The installation tree at {url} is for other processors than x86-64.',
    action: 'Give the address of the tree for x86-64.',
  },
  'tree-not-kernel': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'Where kernel and ramdisk should be, the server has something else ({url}).',
    action: 'Open the address in a browser: a network that asks for a log-in answers like that.',
  },
  'tree-large': {
    code: 'CONFIG_UNSUPPORTED',
    cause: '{url} is larger than the {most} MiB that such a file may have.',
    action: 'Check the address: kernels and ramdisks are smaller.',
  },
  'tree-cut': {
    code: 'OPERATION_FAILED',
    cause: 'The server broke off before {url} was whole.',
    action: 'Nothing of it was kept; try again, or choose another mirror.',
  },
  'tree-damaged': {
    code: 'OPERATION_FAILED',
    cause: '{url} does not match its tree’s checksum.',
    action: 'Nothing of it was kept; try again, or choose another mirror.',
  },
} as const satisfies Record<string, ErrorRow>
