// The toolstack's errors: a code named as in libvirt's list, and one row per thing that can go wrong, with its
// cause and what to do about it in English. An error crosses processes as (reason, values), never as finished text, so
// that the renderer's catalogue can say it in another language under the same reason. Nobody matches on text.
// Invariant: every reason names a code of the list above it; {name} in a sentence is filled from `values`.
// Runs in: main, preload, renderer. No platform.

export const errorCodes = [
  'INTERNAL_ERROR', // we erred
  'NO_MEMORY',
  'INVALID_ARG', // a call whose arguments do not fit its shape or limits
  'OPERATION_FAILED', // the operation was possible, and failed
  'NO_DOMAIN',
  'DOM_EXIST',
  'OPERATION_DENIED', // who asks may not
  'OPERATION_INVALID', // not in this state
  'OPERATION_ABORTED', // cancelled by the user
  'OPERATION_TIMEOUT',
  'OPERATION_UNSUPPORTED', // this driver cannot
  'CONFIG_UNSUPPORTED', // this definition cannot be run
  'SYSTEM_ERROR', // the operating system said no
  'RESOURCE_BUSY',
  'NO_SUPPORT', // no such call
  'NO_CONNECT', // a connection that is not there, or not open
] as const

export type ErrorCode = (typeof errorCodes)[number]

export const errorReasons = {
  internal: { code: 'INTERNAL_ERROR', cause: 'Ringmaster made a mistake: {detail}.', action: 'Please report it with the log.' },
  'no-such-call': {
    code: 'NO_SUPPORT',
    cause: 'There is no call named “{call}”.',
    action: 'Update both ends to the same version.',
  },
  'bad-arguments': {
    code: 'INVALID_ARG',
    cause: 'The arguments of “{call}” are wrong: {detail}.',
    action: 'Correct them and try again.',
  },
  'not-allowed': {
    code: 'OPERATION_DENIED',
    cause: 'This window may not use “{call}”.',
    action: 'Use the window made for it.',
  },
  'path-not-chosen': {
    code: 'OPERATION_DENIED',
    cause: 'The file {path} was not chosen in a file dialog.',
    action: 'Choose the file again.',
  },
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
  'job-past-return': {
    code: 'OPERATION_INVALID',
    cause: 'This can no longer be cancelled: what it changes is being changed.',
    action: 'Wait until it is done; what it did can be changed afterwards.',
  },
  'no-job': { code: 'OPERATION_INVALID', cause: 'There is no job number {job}.', action: 'It has probably ended.' },
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
  'image-unusable': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The guest cannot be started: {detail}.',
    action: 'Choose another kernel or ramdisk, or change the memory.',
  },
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
    cause: 'The machine was not saved and goes on: {detail}.',
    action: 'Choose another place, or free some space there.',
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
  cancelled: {
    code: 'OPERATION_ABORTED',
    cause: 'The operation was cancelled.',
    action: 'Nothing was changed; start it again when you wish.',
  },
  'timed-out': {
    code: 'OPERATION_TIMEOUT',
    cause: 'No answer came within {seconds} seconds: {operation}.',
    action: 'Try again, or force the machine off.',
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
  'engine-said': {
    code: 'OPERATION_FAILED',
    cause: 'The hypervisor reports: {detail}.',
    action: 'Look at the log of the machine.',
  },
  'process-died': {
    code: 'OPERATION_FAILED',
    cause: 'The process of “{name}” ended unexpectedly ({detail}).',
    action: 'Look at the log, then start the machine again.',
  },
  unsupported: {
    code: 'OPERATION_UNSUPPORTED',
    cause: 'This hypervisor cannot do it: {operation}.',
    action: 'Use another way.',
  },
  'definition-corrupt': {
    code: 'OPERATION_FAILED',
    cause: 'The definition {path} is damaged ({detail}) and was put aside as {kept}.',
    action: 'Repair that file or create the machine anew.',
  },
  'folder-is-file': {
    code: 'OPERATION_FAILED',
    cause: 'Where the app’s folder {path} should be there was a file; it was put aside as {kept}, and the folder begins empty.',
    action: 'Look at that file; what was in the folder before has to come from a copy of yours.',
  },
  'definition-newer': {
    code: 'CONFIG_UNSUPPORTED',
    cause: 'The definition {path} was written by a newer version and was put aside as {kept}.',
    action: 'Update Ringmaster and import that file again.',
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
  'socket-refused': {
    code: 'SYSTEM_ERROR',
    cause: 'The command line cannot reach this app: {path} cannot be opened ({detail}).',
    action: 'The windows are not affected; correct that and start Ringmaster again.',
  },
  'no-revision': {
    code: 'OPERATION_INVALID',
    cause: 'There is no revision {revision} of this definition.',
    action: 'Look at the list again; the oldest are removed in time.',
  },
  'trash-unreadable': {
    code: 'OPERATION_FAILED',
    cause: '“{name}” cannot be restored from the trash: {detail}.',
    action: 'Look at its files in the trash folder, or empty it.',
  },
  'config-uuid': {
    code: 'INVALID_ARG',
    cause: 'The configuration is that of another virtual machine ({uuid}).',
    action: 'Leave the identifier as it was.',
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
  'file-kind-unknown': {
    code: 'INVALID_ARG',
    cause: 'It cannot be told what {path} is: neither a kernel, a ramdisk, a disk image, a saved machine nor a configuration.',
    action: 'Open “New virtual machine” and choose the file there for what it is.',
  },
  'domain0-restarted': {
    code: 'OPERATION_FAILED',
    cause: 'Domain 0 ended unexpectedly ({detail}) and was started again.',
    action: 'Nothing to do: guests go on. Consoles reconnect by themselves.',
  },
  'domain0-away': {
    code: 'OPERATION_FAILED',
    cause: 'Domain 0 ended while it was doing this.',
    action: 'It is started again by itself: try again in a moment.',
  },
  'domain0-gone': {
    code: 'OPERATION_FAILED',
    cause: 'Domain 0 ends again and again ({detail}).',
    action: 'Let the doctor start it again; if it ends again, collect a report there.',
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
  'disk-frozen': {
    code: 'RESOURCE_BUSY',
    cause: 'The file {path} belongs to a snapshot, or the disk of another machine stands on it.',
    action: 'Use a copy of the file, or make the disk read-only.',
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
  'volume-in-use': {
    code: 'RESOURCE_BUSY',
    cause: 'The disk image {path} is used by: {names}.',
    action: 'Shut that machine down, or take the disk away from it first.',
  },
  'image-busy': {
    code: 'RESOURCE_BUSY',
    cause: 'The disk image {path} is in use by a running machine.',
    action: 'Shut that machine down first, or use a copy of the file.',
  },
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
  'old-electron': {
    code: 'OPERATION_FAILED',
    cause:
      'This is the old Electron {version} that no longer gets security fixes, used because the current one could not be downloaded.',
    action: 'When there is a network, run “npm run electron:update”.',
  },
} as const satisfies Record<string, { code: ErrorCode; cause: string; action: string }>

export type ErrorReason = keyof typeof errorReasons

/** An error as it crosses processes: plain, without finished text. */
export interface ErrorReport {
  readonly code: ErrorCode
  readonly reason: ErrorReason
  readonly values: Readonly<Record<string, string>>
}

export function errorReport(reason: ErrorReason, values: Readonly<Record<string, string | number>> = {}): ErrorReport {
  const texts: Record<string, string> = {}
  for (const [key, value] of Object.entries(values)) texts[key] = String(value)
  return { code: errorReasons[reason].code, reason, values: texts }
}

/** Fills {name} marks; an unknown mark stays visible rather than vanish. */
export function fillSentence(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (mark, name: string) => values[name] ?? mark)
}

/** The English text of an error; the renderer uses its catalogue for the language the user chose. */
export function explainError(error: ErrorReport): { readonly cause: string; readonly action: string } {
  const row = errorReasons[error.reason]
  return { cause: fillSentence(row.cause, error.values), action: fillSentence(row.action, error.values) }
}
