// Errors of a machine’s devices, attached or to be. Runs in: everywhere.
import type { ErrorRow } from './error-row'

export const deviceErrors = {
  'device-twice': {
    code: 'INVALID_ARG',
    cause: 'There are two devices {key} in “{name}”.',
    action: 'Give one of them another name or number.',
  },
  'too-many-devices': {
    code: 'CONFIG_UNSUPPORTED',
    cause: '“{name}” cannot have more than {max} devices.',
    action: 'Remove one first.',
  },
  'no-device': {
    code: 'OPERATION_INVALID',
    cause: '“{name}” has no device {key}.',
    action: 'It may have been removed; look at the list again.',
  },
  'disk-no-file': {
    code: 'INVALID_ARG',
    cause: 'The disk {dev} has no image file.',
    action: 'Choose a file, or make it a removable drive.',
  },
  'disk-format-readonly': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'Images in the format {format} can only be read ({dev}).',
    action: 'Make the disk read-only, or convert the image to qcow2.',
  },
  'disk-file-twice': {
    code: 'INVALID_ARG',
    cause: 'Two disks of “{name}” use the file {path}, and one of them writes.',
    action: 'Give each disk a file of its own, or make both read-only.',
  },
  'disk-in-use': {
    code: 'RESOURCE_BUSY',
    cause: 'The file {path} is in use by “{name}”.',
    action: 'Shut that machine down first, or use a copy of the file.',
  },
  'disk-frozen': {
    code: 'RESOURCE_BUSY',
    cause: 'The file {path} belongs to a snapshot, or the disk of another machine stands on it.',
    action: 'Use a copy of the file, or make the disk read-only.',
  },
  'mac-taken': {
    code: 'INVALID_ARG',
    cause: 'The MAC address {mac} is already that of a network interface of “{name}”.',
    action: 'Choose another address.',
  },
  'forward-taken': {
    code: 'INVALID_ARG',
    cause: 'Port {port} ({protocol}) of this computer is already forwarded to “{name}”.',
    action: 'Choose another port.',
  },
  'no-network': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'There is no virtual network named “{network}”.',
    action: 'Choose another network, or create this one.',
  },
  'network-stopped': {
    code: 'OPERATION_INVALID',
    cause: 'The virtual network “{network}” is stopped.',
    action: 'Start it under Virtual networks, or choose another one.',
  },
  'no-screen': {
    code: 'OPERATION_INVALID',
    cause: '“{name}” has no screen.',
    action: 'Add a display under Details; it will be there at the next start.',
  },
  'not-hot-pluggable': {
    code: 'OPERATION_UNSUPPORTED',
    cause: 'The device {key} cannot be changed while “{name}” runs.',
    action: 'It is changed at the next start.',
  },
  'detach-timeout': {
    code: 'OPERATION_TIMEOUT',
    cause: 'The guest did not let go of {key} within {seconds} seconds.',
    action: 'Unmount or stop using it in the guest, or force the removal.',
  },
} as const satisfies Record<string, ErrorRow>
