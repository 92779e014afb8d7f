// Why a kernel or ramdisk cannot be started, in German: what the engine's builder says. Runs in: main, renderer. No platform.

export const kernels = {
  "The kernel is the disk's own: {title} ({path})": 'Der Kernel ist der der Platte: {title} ({path})',
  'The disk was not shut down in order: its boot menu is read without what its journal holds':
    'Die Platte wurde nicht ordentlich heruntergefahren: Ihr Bootmenü wird ohne das gelesen, was in ihrem Journal steht',
  'The command line has {count} bytes; kernels read at most {most}.':
    'Die Kommandozeile hat {count} Byte; Kernel lesen höchstens {most}.',
  'The command line has a NUL character in it.': 'In der Kommandozeile steht ein Nullzeichen.',
  'The kernel has no PVH entry (no Xen note PHYS32_ENTRY), so it cannot be started as a PVH guest.':
    'Der Kernel hat keinen PVH-Eintritt (keine Xen-Notiz PHYS32_ENTRY) und kann nicht als PVH-Gast gestartet werden.',
  'The kernel is damaged: its PVH entry is outside of what it loads.':
    'Der Kernel ist beschädigt: Sein PVH-Eintritt liegt außerhalb dessen, was er lädt.',
  'The kernel does not fit: it reaches to {end} and the domain has {memory} of memory.':
    'Der Kernel passt nicht hinein: Er reicht bis {end}, und die Maschine hat {memory} Speicher.',
  'No room for the start info beside the kernel in {memory} of memory.':
    'Neben dem Kernel ist in {memory} Speicher kein Platz für die Startinformation.',
  'The kernel file is damaged: what is packed inside is not an ELF kernel.':
    'Die Kerneldatei ist beschädigt: Was darin gepackt ist, ist kein ELF-Kernel.',
  'The kernel file is neither a bzImage nor an ELF kernel ({why}).':
    'Die Kerneldatei ist weder ein bzImage noch ein ELF-Kernel ({why}).',
  'it is empty': 'sie ist leer',
  'or it is truncated': 'oder sie ist abgeschnitten',
  "The ramdisk ({size}) is larger than the domain's memory ({memory}).":
    'Die Ramdisk ({size}) ist größer als der Speicher der Maschine ({memory}).',
  'The ramdisk ({size}) does not fit beside the kernel (up to {end}) in {memory} of memory.':
    'Die Ramdisk ({size}) passt neben dem Kernel (bis {end}) nicht in {memory} Speicher.',
  'The kernel is a bzImage of boot protocol {version}; only 2.08 and later say where the kernel is inside.':
    'Der Kernel ist ein bzImage mit Bootprotokoll {version}; erst ab 2.08 steht darin, wo der Kernel liegt.',
  'The kernel file is truncated: it has {length} bytes and should have at least {least}.':
    'Die Kerneldatei ist abgeschnitten: Sie hat {length} Byte und müsste mindestens {least} haben.',
  'The kernel file is a bzImage without a kernel inside.': 'Die Kerneldatei ist ein bzImage ohne Kernel darin.',
  'The kernel is compressed in a way we do not know (it begins with {bytes}).':
    'Der Kernel ist auf eine Art gepackt, die wir nicht kennen (er beginnt mit {bytes}).',
  'The kernel is compressed with {way}, which is not supported; gzip, xz, lz4 and zstd are.':
    'Der Kernel ist mit {way} gepackt, was nicht unterstützt wird; es gehen gzip, xz, lz4 und zstd.',
  'The kernel file is damaged: it claims to unpack to {size} bytes.':
    'Die Kerneldatei ist beschädigt: Entpackt wären es angeblich {size} Byte.',
  'The kernel inside the file cannot be unpacked: {why}.': 'Der Kernel in der Datei lässt sich nicht entpacken: {why}.',
  'The kernel is an ELF file of another kind of machine.': 'Der Kernel ist eine ELF-Datei für eine andere Art von Maschine.',
  'The kernel is for another machine than x86 (ELF machine {machine}).':
    'Der Kernel ist für eine andere Maschine als x86 (ELF-Maschine {machine}).',
  'The kernel is an ELF file with nothing to load.': 'Der Kernel ist eine ELF-Datei, in der nichts zu laden ist.',
  'The kernel is an ELF file with damaged headers.': 'Der Kernel ist eine ELF-Datei mit beschädigten Köpfen.',
  'The kernel is a truncated ELF file.': 'Der Kernel ist eine abgeschnittene ELF-Datei.',
  'Memory of {memory} MiB is not a whole number of MiB.': '{memory} MiB Speicher sind keine ganze Zahl von MiB.',
  'Memory of {memory} MiB is too little: a domain needs at least {least} MiB.':
    '{memory} MiB Speicher sind zu wenig: Eine Maschine braucht mindestens {least} MiB.',
  'Memory of {memory} MiB is beyond the limit of {most} MiB (4096 MiB less {state} MiB of engine state).':
    '{memory} MiB Speicher sind mehr als die {most} MiB, die es gibt (4096 MiB ohne {state} MiB Zustand der Engine).',
  'The {what} {file} cannot be read ({why}).': '{file} ({what}) kann nicht gelesen werden: {why}.',
  kernel: 'Kernel',
  ramdisk: 'Ramdisk',

  'an LZ4 block goes beyond the end': 'ein LZ4-Block reicht über das Ende hinaus',
  'an LZ4 block is damaged': 'ein LZ4-Block ist beschädigt',
  '{way} data gave {count} bytes instead of {due}': 'aus {way}-Daten wurden {count} Byte statt {due}',
  '{way} data is damaged ({why})': '{way}-Daten sind beschädigt ({why})',
  '{way} data is damaged': '{way}-Daten sind beschädigt',
  '{way} data ends too early': '{way}-Daten enden zu früh',
  '{way} data gave {count} bytes': 'aus {way}-Daten wurden {count} Byte',
  'LZMA2 data does not begin with a new dictionary': 'LZMA2-Daten beginnen nicht mit einem neuen Wörterbuch',
  'LZMA2 data is longer than announced': 'LZMA2-Daten sind länger als angekündigt',
  'an LZMA2 chunk comes without properties': 'ein LZMA2-Stück kommt ohne Eigenschaften',
  'an LZMA2 chunk comes without a state': 'ein LZMA2-Stück kommt ohne Zustand',
  'the xz header is damaged': 'der xz-Kopf ist beschädigt',
  'the xz checksum does not match': 'die xz-Prüfsumme stimmt nicht',
  'an xz block header is damaged': 'der Kopf eines xz-Blocks ist beschädigt',
  'xz data with an x86 filter that does not start at 0': 'xz-Daten mit einem x86-Filter, der nicht bei 0 beginnt',
  'xz data with filters we do not have ({filters})': 'xz-Daten mit Filtern, die es hier nicht gibt ({filters})',

  'A domain has at most {most} vcpus in this version, not {asked}.':
    'Eine Maschine hat in dieser Version höchstens {most} vCPUs, nicht {asked}.',
  'On this computer ({arch}) a domain has one vcpu, not {asked}: several need a host with the memory order of x86.':
    'Auf diesem Rechner ({arch}) hat eine Maschine eine vCPU, nicht {asked}: Mehrere brauchen einen Host mit der Speicherordnung von x86.',
  'The host does not give this process {memory} MiB of memory.': 'Der Rechner gibt diesem Prozess keine {memory} MiB Speicher.',
  'The tables of the domain need more pages than the hypervisor has for them.':
    'Die Tabellen der Maschine brauchen mehr Seiten, als der Hypervisor dafür hat.',
} as const satisfies Readonly<Record<string, string>>
