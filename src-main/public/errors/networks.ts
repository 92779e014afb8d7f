// Errors of virtual networks. Runs in: everywhere.
import type { ErrorRow } from './error-row'

export const networkErrors = {
  'network-exists': {
    code: 'DOM_EXIST',
    cause: 'A virtual network named “{network}” exists already.',
    action: 'Choose another name.',
  },
  'network-bad': {
    code: 'INVALID_ARG',
    cause: 'The virtual network “{network}” cannot be used: {detail}.',
    action: 'Correct its addresses.',
  },
  'network-overlaps': {
    code: 'INVALID_ARG',
    cause: 'The addresses of “{network}” overlap those of “{other}”.',
    action: 'Choose a range of its own.',
  },
  'network-in-use': {
    code: 'OPERATION_INVALID',
    cause: 'The virtual network “{network}” is used by: {names}.',
    action: 'Give these machines another network first.',
  },
  'network-permanent': {
    code: 'OPERATION_INVALID',
    cause: 'The virtual network “{network}” is there from the start and stays.',
    action: 'Change it instead, or make another one.',
  },
  'networks-corrupt': {
    code: 'OPERATION_FAILED',
    cause: 'The list of virtual networks was damaged ({detail}) and was put aside as {kept}.',
    action: 'Create your own networks again; “default” is there.',
  },
  'networks-newer': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The list of virtual networks was written by a newer version and was put aside as {kept}.',
    action: 'Update Ringmaster and give the file its old name, or create your own networks again; “default” is there.',
  },
} as const satisfies Record<string, ErrorRow>
