// Errors of machines: names, definitions, states, saving, templates. Runs in: everywhere.
import type { ErrorRow } from './error-row'

export const domainErrors = {
  'no-domain': {
    code: 'NO_DOMAIN',
    cause: 'There is no virtual machine with the identifier {uuid}.',
    action: 'It may have been deleted; look at the list again.',
  },
  'domain-deleted': {
    code: 'NO_DOMAIN',
    cause: '“{name}” has been deleted.',
    action: 'It is in the trash, and can be restored from there.',
  },
  'name-empty': { code: 'INVALID_ARG', cause: 'A virtual machine needs a name.', action: 'Type a name.' },
  'name-bad': {
    code: 'INVALID_ARG',
    cause: 'Commands and file systems would not take “{name}” for a name.',
    action: 'Begin with something other than a dash, and use more than one or two dots.',
  },
  'name-long': {
    code: 'INVALID_ARG',
    cause: 'The name takes {bytes} bytes; at most {most} are allowed.',
    action: 'Shorten it: a Latin letter takes one byte, other letters two or three, an emoji four or more.',
  },
  'name-unwritten': {
    code: 'INVALID_ARG',
    cause: 'The name holds {character}, which is a control character, the end of a line or half of a character.',
    action: 'Take it out.',
  },
  'name-turning': {
    code: 'INVALID_ARG',
    cause: 'The name holds {character}, an invisible character that turns the text around it.',
    action: 'Take it out: letters that run from right to left do so without it.',
  },
  'name-invisible': {
    code: 'INVALID_ARG',
    cause: 'The name has no visible character.',
    action: 'Give it a letter, a digit, a sign or an emoji.',
  },
  'name-slash': {
    code: 'INVALID_ARG',
    cause: 'The name “{name}” holds a slash, which separates folders.',
    action: 'Use another character instead, a dash for example.',
  },
  'name-exists': {
    code: 'DOM_EXIST',
    cause: 'A virtual machine named “{name}” exists already.',
    action: 'Choose another name.',
  },
  'wrong-state': {
    code: 'OPERATION_INVALID',
    cause: '“{name}” is {state}, so it cannot do this: {operation}.',
    action: 'Bring it to another state first.',
  },
  'job-running': {
    code: 'RESOURCE_BUSY',
    cause: 'Another job is at work on “{name}”.',
    action: 'Wait until it has ended, or cancel it.',
  },
  'too-many-vcpus': {
    code: 'CONFIG_UNSUPPORTED',
    cause: '{asked} virtual CPUs were asked for; this hypervisor gives a machine up to {max}.',
    action: 'Set the number of virtual CPUs to {max}.',
  },
  'more-vcpus-than-started': {
    code: 'INVALID_ARG',
    cause: '{asked} virtual CPUs were asked for, but the machine was started with {max}.',
    action: 'Set the number of virtual CPUs in Details, which applies at the next start.',
  },
  'pinning-failed': {
    code: 'OPERATION_FAILED',
    cause: 'The virtual CPUs could not be pinned to the processors {set}: {detail}.',
    action: 'Choose other processors, or leave the field empty for all.',
  },
  'no-vcpus': {
    code: 'INVALID_ARG',
    cause: 'A virtual machine needs at least one virtual CPU.',
    action: 'Set the number of virtual CPUs to 1.',
  },
  'vcpus-current-many': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'It is to have {current} virtual CPUs when it starts, and at most {most}.',
    action: 'Give it at most {most} when it starts, or raise the maximum.',
  },
  'memory-too-small': {
    code: 'CONFIG_UNSUPPORTED',
    cause: '{asked} MiB of memory is too little; the least is {min} MiB.',
    action: 'Give it at least {min} MiB.',
  },
  'crash-loop': {
    code: 'OPERATION_FAILED',
    cause: '“{name}” crashed within {seconds} seconds of its start, so it is not started again.',
    action: 'Look at its log for why, then start it by hand.',
  },
  'memory-current-large': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'It is to have {current} MiB when it starts, and at most {most} MiB.',
    action: 'Give it at most {most} MiB when it starts, or raise the maximum.',
  },
  'memory-too-large': {
    code: 'CONFIG_UNSUPPORTED',
    cause: '{asked} MiB of memory is too much: a guest and the state of its engine share 4 GiB, which leaves {max} MiB.',
    action: 'Give it at most {max} MiB.',
  },
  'kernel-missing': { code: 'CONFIG_UNSUPPORTED', cause: 'No kernel file was given.', action: 'Choose the kernel to boot.' },
  'save-corrupt': {
    code: 'OPERATION_FAILED',
    cause: 'The saved state {path} is damaged: {detail}.',
    action: 'Use another copy of the file.',
  },
  'save-newer': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The saved state {path} was written by a newer version.',
    action: 'Update Ringmaster.',
  },
  'save-unusable': {
    code: 'OPERATION_FAILED',
    cause: 'The machine was not restored: {detail}.',
    action: 'Use another file.',
  },
  'saved-state-unusable': {
    code: 'OPERATION_FAILED',
    cause: 'The saved state of “{name}” cannot be used: {detail}.',
    action: 'Discard it and start the machine anew: its disks are as they were.',
  },
  'save-failed': {
    code: 'OPERATION_FAILED',
    cause: 'The machine was not saved: {detail}.',
    action: 'Choose another place, or free some space there.',
  },
  'snapshot-failed': {
    code: 'OPERATION_FAILED',
    cause: 'The state of the machine was not written: {detail}.',
    action: 'Free some space there, and try again.',
  },
  'definition-changed': {
    code: 'OPERATION_INVALID',
    cause: '“{name}” was changed elsewhere while it was changed here.',
    action: 'Look at what it is now, and apply again.',
  },
  'not-paused': {
    code: 'OPERATION_INVALID',
    cause: 'The vcpus of “{name}” do not stand still.',
    action: 'Pause the machine first.',
  },
  'store-path': {
    code: 'OPERATION_DENIED',
    cause: 'The path {path} is not one of this machine’s.',
    action: 'Change it in the window of the machine it belongs to, or of Domain 0.',
  },
  'vnc-failed': {
    code: 'OPERATION_FAILED',
    cause: 'Viewers are not let in to the screen of “{name}”: {detail}.',
    action: 'Choose another port or address for its screen.',
  },
  'vnc-open': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The screen of “{name}” would be open to other computers without a password.',
    action: 'Give a password, or listen on this computer only.',
  },
  'not-shut-down': {
    code: 'OPERATION_TIMEOUT',
    cause: '“{name}” did not shut down within {seconds} seconds.',
    action: 'Look at its console, save it, or force it off.',
  },
  'start-refused': {
    code: 'OPERATION_FAILED',
    cause: '“{name}” was not started: {detail}.',
    action: 'Change that under Details, or free what it needs, and run it again.',
  },
  'config-text': {
    code: 'INVALID_ARG',
    cause: 'The configuration cannot be used: line {line}: {detail}.',
    action: 'Correct that line.',
  },
  'config-newer': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The configuration was written by a newer version.',
    action: 'Update Ringmaster.',
  },
  'config-characters': {
    code: 'INVALID_ARG',
    cause: 'The {field} of “{name}” holds characters that no configuration can hold.',
    action: 'Take out control characters and try again.',
  },
  'config-uuid': {
    code: 'INVALID_ARG',
    cause: 'The configuration is that of another virtual machine ({uuid}).',
    action: 'Leave the identifier as it was.',
  },
  'no-revision': {
    code: 'OPERATION_INVALID',
    cause: 'There is no revision {revision} of this definition.',
    action: 'Look at the list again; the oldest are removed in time.',
  },
  'demo-unavailable': {
    code: 'OPERATION_FAILED',
    cause: 'The demo guest cannot be made: {detail}.',
    action: 'Provide a kernel and a ramdisk yourself with “New virtual machine”.',
  },
  'debian-unavailable': {
    code: 'OPERATION_FAILED',
    cause: 'The Debian system cannot be made: {detail}.',
    action: 'Mend that and try again, or give a disk image of your own with “New virtual machine”.',
  },
  'templates-corrupt': {
    code: 'OPERATION_FAILED',
    cause: 'The list of templates could not be read ({detail}) and was put aside as {kept}.',
    action: 'Save the templates again; the images of their disks are as they were.',
  },
  'template-exists': {
    code: 'OPERATION_INVALID',
    cause: 'A template named “{name}” exists already.',
    action: 'Choose another name, or remove that template first.',
  },
  'too-many-templates': {
    code: 'OPERATION_INVALID',
    cause: 'There are {max} templates already.',
    action: 'Remove one that is not needed any more.',
  },
} as const satisfies Record<string, ErrorRow>
