// Errors of files: those that the user named, and the app’s own that are damaged or of a newer version. Runs in: everywhere.
import type { ErrorRow } from './error-row'

export const fileErrors = {
  'file-unreadable': {
    code: 'SYSTEM_ERROR',
    cause: 'The file {path} cannot be read: {detail}.',
    action: 'Check that it exists and that you may read it.',
  },
  'file-unwritable': {
    code: 'SYSTEM_ERROR',
    cause: 'The file {path} cannot be written: {detail}.',
    action: 'Check the folder, your rights and the free space.',
  },
  'disk-full': {
    code: 'SYSTEM_ERROR',
    cause: 'There is no space left for {path}.',
    action: 'Free some space or choose another folder.',
  },
  'file-exists': {
    code: 'OPERATION_INVALID',
    cause: 'The file {path} exists already.',
    action: 'Choose another name; nothing was overwritten.',
  },
  'file-not-allowed': {
    code: 'OPERATION_DENIED',
    cause: 'You did not allow a guest to write to {path}.',
    action: 'Choose the file with “Browse…”, or make the disk read-only.',
  },
  'file-kind-unknown': {
    code: 'INVALID_ARG',
    cause: 'It cannot be told what {path} is: neither a kernel, a ramdisk, a disk image, a saved machine nor a configuration.',
    action: 'Open “New virtual machine” and choose the file there for what it is.',
  },
  'folder-is-file': {
    code: 'OPERATION_FAILED',
    cause: 'Where the app’s folder {path} should be there was a file; it was put aside as {kept}, and the folder begins empty.',
    action: 'Look at that file; what was in the folder before has to come from a copy of yours.',
  },
  'definition-corrupt': {
    code: 'OPERATION_FAILED',
    cause: 'The definition {path} is damaged ({detail}) and was put aside as {kept}.',
    action: 'Repair that file or create the machine anew.',
  },
  'definition-newer': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The definition {path} was written by a newer version and was put aside as {kept}.',
    action: 'Update Ringmaster and import that file again.',
  },
  'trash-unreadable': {
    code: 'OPERATION_FAILED',
    cause: '“{name}” cannot be restored from the trash: {detail}.',
    action: 'Look at its files in the trash folder, or empty it.',
  },
  'preferences-corrupt': {
    code: 'OPERATION_FAILED',
    cause: 'A file of settings was damaged ({detail}) and was put aside as {kept}.',
    action: 'The defaults are used; set what you had changed again.',
  },
  'preferences-newer': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'A file of settings was written by a newer version of Ringmaster and was put aside as {kept}.',
    action: 'The defaults are used. Update Ringmaster and give the file its old name to have them again.',
  },
  'metadata-corrupt': {
    code: 'OPERATION_FAILED',
    cause: 'Folder and tags of a machine could not be read ({detail}) and were put aside as {kept}.',
    action: 'Put the machine into its folder again.',
  },
  'saved-files-damaged': {
    code: 'OPERATION_FAILED',
    cause: 'The list of files that machines were saved to was damaged ({detail}) and was put aside as {kept}.',
    action: 'Restore… takes the files themselves, as before.',
  },
  'figures-damaged': {
    code: 'OPERATION_FAILED',
    cause: 'The figures of the last day of a machine or of this computer were damaged ({detail}) and were put aside as {kept}.',
    action: 'Its curves begin anew; nothing else is missing.',
  },
  'making-cut-off': {
    code: 'OPERATION_FAILED',
    cause: '“{what}” was not finished when Ringmaster ended, and what had been made of it was removed.',
    action: 'Make it again.',
  },
  'making-cut-off-left': {
    code: 'OPERATION_FAILED',
    cause: '“{what}” was not finished when Ringmaster ended; {path} was left where it is.',
    action: 'Delete that file and make it again.',
  },
} as const satisfies Record<string, ErrorRow>
