// Errors of connections to hypervisors. Runs in: everywhere.
import type { ErrorRow } from './error-row'

export const connectionErrors = {
  'no-connection': {
    code: 'NO_CONNECT',
    cause: 'There is no connection with the identifier {connection}.',
    action: 'It may have been removed; look at the list again.',
  },
  'not-connected': { code: 'NO_CONNECT', cause: '“{name}” is not connected.', action: 'Connect it first.' },
  'connection-failed': {
    code: 'NO_CONNECT',
    cause: '“{name}” cannot be connected: {detail}.',
    action: 'Remedy that, and connect it again.',
  },
  'connection-state': {
    code: 'OPERATION_INVALID',
    cause: '“{name}” is connected, or about to be.',
    action: 'Disconnect it first.',
  },
  'connection-busy': {
    code: 'RESOURCE_BUSY',
    cause: 'Jobs of “{name}” are at work.',
    action: 'Wait until they have ended, or cancel them.',
  },
  'connection-in-use': {
    code: 'RESOURCE_BUSY',
    cause: 'These machines of “{name}” are running: {guests}.',
    action: 'Say what should happen to them: save, shut down, or force off.',
  },
  'connection-name-exists': {
    code: 'DOM_EXIST',
    cause: 'A connection named “{name}” exists already.',
    action: 'Choose another name.',
  },
  'connection-permanent': {
    code: 'OPERATION_INVALID',
    cause: '“{name}” is there from the start and stays: its folder is the app’s own.',
    action: 'Disconnect it, and turn off that it is connected with the app.',
  },
  'connection-driver': {
    code: 'OPERATION_INVALID',
    cause: 'What “{name}” connects to stays as it was made.',
    action: 'Add another connection.',
  },
  'too-many-connections': {
    code: 'INVALID_ARG',
    cause: 'There can be up to {most} connections.',
    action: 'Remove one that is not needed.',
  },
  'connections-corrupt': {
    code: 'OPERATION_FAILED',
    cause: 'The list of connections was damaged ({detail}) and was put aside as {kept}.',
    action: 'Add the connections again; their folders are as they were.',
  },
  'connections-newer': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The list of connections was written by a newer version and was put aside as {kept}.',
    action: 'Update Ringmaster, or add the connections again.',
  },
} as const satisfies Record<string, ErrorRow>
