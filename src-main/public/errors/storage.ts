// Errors of disk images, snapshots and storage pools. Runs in: everywhere.
import type { ErrorRow } from './error-row'

export const storageErrors = {
  'image-unusable': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The guest cannot be started: {detail}.',
    action: 'Choose another kernel or ramdisk, or change the memory.',
  },
  'image-unreadable': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The disk image {path} cannot be used: {detail}.',
    action: 'Check its format, or use another image.',
  },
  'backing-refused': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The image of {dev} refers to the file {path}, which was not allowed ({chain}).',
    action: 'It is opened only when you allow it: in the window you are asked, “xm block-allow” does it on the command line.',
  },
  'image-refers': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The disk image {image} refers to the file {path}, which was not allowed ({chain}).',
    action: 'It is opened only when you allow it: in the window you are asked, “--backing” does it on the command line.',
  },
  'image-failed': {
    code: 'OPERATION_FAILED',
    cause: 'The disk image {path} was not finished: {detail}.',
    action: 'Nothing of it was kept; check the free space and try again.',
  },
  'image-shrink': {
    code: 'OPERATION_INVALID',
    cause: 'The disk image {path} would become smaller, and what is at its end would be lost.',
    action: 'Give it at least {min} MiB.',
  },
  'image-damaged': {
    code: 'OPERATION_FAILED',
    cause: 'The disk image {path} has errors: {detail}.',
    action: 'Use a copy from before, or let it be repaired.',
  },
  'image-not-as-named': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The file {path} is called {format}, but does not begin like one: it is damaged, or a raw image by a wrong name.',
    action: 'Use a copy from before; if it is a raw image, let its name end in “.raw”.',
  },
  'image-busy': {
    code: 'RESOURCE_BUSY',
    cause: 'The disk image {path} is in use by a running machine.',
    action: 'Shut that machine down first, or use a copy of the file.',
  },
  'no-snapshot': {
    code: 'OPERATION_INVALID',
    cause: 'There is no such snapshot.',
    action: 'It may have been deleted; look at the tree again.',
  },
  'snapshot-name-empty': { code: 'INVALID_ARG', cause: 'A snapshot needs a name.', action: 'Type a name.' },
  'snapshot-exists': {
    code: 'INVALID_ARG',
    cause: 'This machine has a snapshot named “{name}” already.',
    action: 'Choose another name.',
  },
  'too-many-snapshots': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'A machine cannot have more than {max} snapshots.',
    action: 'Delete some first.',
  },
  'snapshot-chain': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The disk {path} would stand on more than {max} files.',
    action: 'Delete older snapshots; when the machine is off their files are merged.',
  },
  'snapshots-corrupt': {
    code: 'OPERATION_FAILED',
    cause: 'The list of snapshots {path} could not be read ({detail}) and was put aside as {kept}.',
    action: 'The machine and its disks are as they were; repair that file to have its snapshots again.',
  },
  'snapshot-cut-off': {
    code: 'OPERATION_FAILED',
    cause: 'The snapshot “{snapshot}” of “{name}” was not finished when Ringmaster ended.',
    action: 'Nothing of the disks is lost; take the snapshot again.',
  },
  'revert-cut-off': {
    code: 'OPERATION_FAILED',
    cause: 'Going back to the snapshot “{snapshot}” of “{name}” was cut off; its disks are as they were before.',
    action: 'Go back to it again.',
  },
  'revert-without-memory': {
    code: 'OPERATION_FAILED',
    cause: 'Ringmaster ended before “{name}” went on from the snapshot “{snapshot}”; its disks are those of the snapshot.',
    action: 'Go back to it again to go on with its memory as well.',
  },
  'no-pool': {
    code: 'OPERATION_INVALID',
    cause: 'There is no storage pool named “{name}”.',
    action: 'Look at the list again.',
  },
  'pool-exists': {
    code: 'INVALID_ARG',
    cause: 'The storage pool “{name}” has this name or folder already.',
    action: 'Choose another name or folder.',
  },
  'pool-permanent': {
    code: 'OPERATION_INVALID',
    cause: 'The storage pool “{name}” is there from the start and stays.',
    action: 'Add another pool for another folder.',
  },
  'pools-corrupt': {
    code: 'OPERATION_FAILED',
    cause: 'The list of storage pools could not be read ({detail}) and was put aside as {kept}.',
    action: 'Add the folders again; the files in them are as they were.',
  },
  'image-of-snapshots': {
    code: 'RESOURCE_BUSY',
    cause: 'The disk image {path} belongs to snapshots, which go by what it stands on.',
    action: 'Delete those snapshots first, or make a copy of the image.',
  },
  'image-without-backing': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The disk image {path} is of the format {format}, which stands on no other file.',
    action: 'Convert it to qcow2 first.',
  },
  'image-on-itself': {
    code: 'INVALID_ARG',
    cause: 'The disk image {path} cannot stand on {below}, which stands on it.',
    action: 'Choose another image.',
  },
  'volume-in-use': {
    code: 'RESOURCE_BUSY',
    cause: 'The disk image {path} is used by: {names}.',
    action: 'Shut that machine down, or take the disk away from it first.',
  },
} as const satisfies Record<string, ErrorRow>
