// What may be wrong with a disk image, in German: what the engine's image formats say. Runs in: main, renderer. No platform.

export const images = {
  'Images of format {format} have nothing to be checked.': 'An Abbildern im Format {format} gibt es nichts zu prüfen.',
  'Images of format {format} are only read.': 'Abbilder im Format {format} werden nur gelesen.',
  '{file} is of format {format}, which is only read; convert it to write to it.':
    '{file} hat das Format {format}, das nur gelesen wird; zum Schreiben umwandeln.',
  'The merge of {file} was called off.': 'Das Zusammenführen von {file} wurde abgebrochen.',
  'Downloading from {file} was called off.': 'Das Laden von {file} wurde abgebrochen.',
  'Taking files out of {file} was called off.': 'Das Herausnehmen von Dateien aus {file} wurde abgebrochen.',
  'The tables on the disk {file} contradict themselves: it is damaged.':
    'Die Tabellen auf dem Datenträger {file} widersprechen sich: Er ist beschädigt.',
  'A file system on {file} has features that are not known ({bits}).':
    'Ein Dateisystem auf {file} hat unbekannte Merkmale ({bits}).',
  'On {file} a file needed to boot is encrypted or compressed.':
    'Auf {file} ist eine zum Booten nötige Datei verschlüsselt oder komprimiert.',
  'On {file}, {name} is too long to be a boot menu.': 'Auf {file} ist {name} zu lang für ein Bootmenü.',
  'On {file}, {name} is empty or larger than any guest.': 'Auf {file} ist {name} leer oder größer als jeder Gast.',
  '{file} has {names}, which cannot be read, and no kernel elsewhere.':
    '{file} hat {names}, was nicht gelesen werden kann, und sonst keinen Kernel.',
  'In {file}, {name} is in several pieces, which is not read.':
    'In {file} besteht {name} aus mehreren Stücken; das wird nicht gelesen.',
  'In {file}, {name} is compressed, which is not read.': 'In {file} ist {name} gepackt; das wird nicht gelesen.',
  'In {file}, {name} is empty or larger than any guest.': 'In {file} ist {name} leer oder größer als jeder Gast.',
  '{file} ends before its file {name} does: it is not whole, or damaged.':
    '{file} endet vor seiner Datei {name}: Es ist nicht ganz oder beschädigt.',
  '{file} is no whole CD image: its directories point beyond its end, or make no sense.':
    '{file} ist kein ganzes CD-Abbild: Seine Verzeichnisse zeigen hinter sein Ende oder ergeben keinen Sinn.',
  '{file} is no CD image.': '{file} ist kein CD-Abbild.',
  '{file} has no kernel and ramdisk where installers keep them.':
    '{file} hat weder Kernel noch Ramdisk dort, wo Installationssysteme sie haben.',
  'The copy of {file} was called off.': 'Das Kopieren von {file} wurde abgebrochen.',
  'The change of {file} was called off.': 'Die Änderung von {file} wurde abgebrochen.',
  'The walk through {file} was called off.': 'Der Gang durch {file} wurde abgebrochen.',
  '{size} bytes is no size for a disk: it must be a multiple of {unit}.':
    '{size} Byte sind keine Größe für eine Platte: Es muss ein Vielfaches von {unit} sein.',
  'A raw image has no backing file.': 'Ein rohes Abbild hat keine Grundlage.',
  'An image with a backing file is not preallocated.': 'Für ein Abbild auf einer Grundlage wird nicht im Voraus Platz belegt.',
  'A new disk without a backing file needs a size.': 'Eine neue Platte ohne Grundlage braucht eine Größe.',
  '{file} is not our own folder, so images cannot be locked.':
    '{file} gehört uns nicht, deshalb lassen sich Abbilder nicht sperren.',
  '{file} is in use already.': '{file} wird schon benutzt.',
  '{file} is being written by somebody else.': '{file} wird gerade von jemand anderem geschrieben.',
  'Cannot lock {file}: {why}.': '{file} lässt sich nicht sperren: {why}.',
  'Cannot open {file}: {why}.': '{file} lässt sich nicht öffnen: {why}.',
  'Cannot create {file}: {why}.': '{file} lässt sich nicht anlegen: {why}.',
  'Cannot read {file}: {why}.': '{file} lässt sich nicht lesen: {why}.',
  'Cannot write {file}: {why}.': '{file} lässt sich nicht schreiben: {why}.',
  'Cannot sync {file}: {why}.': '{file} lässt sich nicht auf den Datenträger bringen: {why}.',
  'Cannot resize {file}: {why}.': 'Die Größe von {file} lässt sich nicht ändern: {why}.',
  'Cannot close {file}: {why}.': '{file} lässt sich nicht schließen: {why}.',
  'Cannot replace {file}: {why}.': '{file} lässt sich nicht ersetzen: {why}.',
  'Cannot write {file}: the host took no bytes.': '{file} lässt sich nicht schreiben: Der Rechner nahm keine Daten an.',
  '{file} is not a regular file.': '{file} ist keine gewöhnliche Datei.',
  '{file} is no overlay: there is nothing to merge it into.':
    '{file} liegt über keiner anderen Datei: Es gibt nichts, womit es zusammenzuführen wäre.',
  '{file} stands on no other file: there is nothing to merge it into.':
    '{file} steht auf keiner anderen Datei: Es gibt nichts, womit es zusammenzuführen wäre.',
  '{file} is being merged and keeps its size.': '{file} wird gerade zusammengeführt und behält seine Größe.',
  '{file} does not say the format of its backing file.': '{file} nennt das Format seiner Grundlage nicht.',
  '{file} has a backing file of format {format}.': '{file} hat eine Grundlage im Format {format}.',
  '{file} would lose its last {count} bytes.': '{file} verlöre seine letzten {count} Byte.',
  '{count} bytes at {at} are not whole sectors of {unit}.': '{count} Byte ab {at} sind keine ganzen Sektoren zu {unit}.',
  '{count} bytes at {at} reach beyond the {size} bytes of {file}.':
    '{count} Byte ab {at} reichen über die {size} Byte von {file} hinaus.',
  '{file} was closed.': '{file} wurde geschlossen.',
  '{file} is open for reading only.': '{file} ist nur zum Lesen geöffnet.',
  '{file} is too large to be checked.': '{file} ist zu groß, um geprüft zu werden.',
  '{file} is too large.': '{file} ist zu groß.',
  '{file} is marked as corrupt; it is opened for reading only, or repaired first.':
    '{file} ist als beschädigt gekennzeichnet; es wird nur zum Lesen geöffnet oder erst repariert.',
  '{file} was not closed by its last writer and must be repaired before it is written.':
    '{file} wurde zuletzt nicht ordentlich geschlossen und muss vor dem Schreiben repariert werden.',
  '{file} does not name its data file.': '{file} nennt seine Datendatei nicht.',
  '{file} names a file that cannot be.': '{file} nennt eine Datei, die es nicht geben kann.',
  '{file} refers to {other}, which is no file; only files are opened.':
    '{file} verweist auf {other}, was keine Datei ist; nur Dateien werden geöffnet.',
  '{file} refers to itself, by way of {other}.': '{file} verweist über {other} auf sich selbst.',
  '{file} has more than {most} backing files.': '{file} hat mehr als {most} Grundlagen.',
  "The backing file's name is too long for the header: {file}.": 'Der Name der Grundlage ist zu lang für den Kopf: {file}.',
  'Clusters of {size} bytes: it must be a power of two from 512 to 2097152.':
    'Cluster von {size} Byte: Es muss eine Zweierpotenz von 512 bis 2097152 sein.',
  'Refcounts of {bits} bits: it must be a power of two from 1 to 64.':
    'Referenzzähler von {bits} Bit: Es muss eine Zweierpotenz von 1 bis 64 sein.',
  '{size} bytes are too many for clusters of {unit} bytes.': '{size} Byte sind zu viele für Cluster von {unit} Byte.',

  '{file} is not a {format} image.': '{file} ist kein Abbild im Format {format}.',
  '{file} is qcow2 of version {version}, not 2 or 3.': '{file} ist qcow2 der Version {version}, nicht 2 oder 3.',
  '{file} ends within its header.': '{file} endet in seinem Kopf.',
  '{file} has clusters of {size} bytes.': '{file} hat Cluster von {size} Byte.',
  '{file} is encrypted, and encrypted images are not opened.':
    '{file} ist verschlüsselt, und solche Abbilder werden nicht geöffnet.',
  '{file} has a header of {size} bytes.': '{file} hat einen Kopf von {size} Byte.',
  '{file} is compressed by method {method}, which we do not know.':
    '{file} ist auf die Art {method} gepackt, die wir nicht kennen.',
  '{file} is compressed by method {method}.': '{file} ist auf die Art {method} gepackt.',
  '{file} has subclusters smaller than a sector.': '{file} hat Untercluster, die kleiner als ein Sektor sind.',
  '{file} has refcounts of {bits} bits.': '{file} hat Referenzzähler von {bits} Bit.',
  '{file} has {size} bytes, which are no whole sectors.': '{file} hat {size} Byte, was keine ganzen Sektoren sind.',
  '{file} is larger than 2^53 bytes.': '{file} ist größer als 2^53 Byte.',
  '{file} has an L1 table of {count} entries for {size} bytes.':
    '{file} hat eine L1-Tabelle von {count} Einträgen für {size} Byte.',
  '{file} has its L1 table {where}.': '{file} hat seine L1-Tabelle {where}.',
  '{file} has no refcount table.': '{file} hat keine Tabelle der Referenzzähler.',
  '{file} has a refcount table of {count} clusters.': '{file} hat eine Tabelle der Referenzzähler von {count} Clustern.',
  '{file} has its refcount table {where}.': '{file} hat seine Tabelle der Referenzzähler {where}.',
  '{file} has {count} snapshots.': '{file} hat {count} Sicherungspunkte.',
  '{file} has its snapshot table {where}.': '{file} hat seine Tabelle der Sicherungspunkte {where}.',
  '{file} has a header extension that is too long.': '{file} hat eine zu lange Erweiterung des Kopfes.',
  '{file} has the name of its backing file outside its header.':
    'Der Name der Grundlage von {file} steht außerhalb des Kopfes.',
  '{file} has a backing file whose name is not text.': '{file} hat eine Grundlage, deren Name kein Text ist.',
  '{file} needs the qcow2 feature "{feature}", which we do not have.':
    '{file} braucht die qcow2-Eigenschaft „{feature}“, die es hier nicht gibt.',
  '{file} needs the qcow2 feature of bit {bit}, which we do not have.':
    '{file} braucht die qcow2-Eigenschaft von Bit {bit}, die es hier nicht gibt.',
  'beyond any file': 'außerhalb jeder Datei',
  "at {at}, which is no cluster's start": 'bei {at}, wo kein Cluster beginnt',
  'in its header': 'in seinem Kopf',
  'at {at}, beyond the end of the file': 'bei {at}, hinter dem Ende der Datei',

  '{file} has too short an L1 table.': '{file} hat eine zu kurze L1-Tabelle.',
  '{file} has a damaged table entry for the bytes at {at}.':
    '{file} hat einen beschädigten Tabelleneintrag für die Byte ab {at}.',
  '{file} has a damaged compressed cluster at {at}: {why}.': '{file} hat einen beschädigten gepackten Cluster bei {at}: {why}.',
  'it lies beyond the end of the file': 'er liegt hinter dem Ende der Datei',
  '{file} cannot become any larger.': '{file} kann nicht größer werden.',
  '{file} counts clusters far beyond its end.': '{file} zählt Cluster weit hinter seinem Ende.',
  '{file} has no refcount block for its cluster {cluster}.':
    '{file} hat keinen Block von Referenzzählern für Cluster {cluster}.',
  '{file} has a refcount block at {at}, where none can be.':
    '{file} hat bei {at} einen Block von Referenzzählern, wo keiner sein kann.',
  '{file} has an L2 table at {at}, where none can be.': '{file} hat bei {at} eine L2-Tabelle, wo keine sein kann.',
  '{file} cannot be repaired wholly: {why}.': '{file} lässt sich nicht ganz reparieren: {why}.',
  '{file} uses cluster {cluster} more often than it can count.': '{file} benutzt Cluster {cluster} öfter, als es zählen kann.',
  '{file} is of version 2 and cannot hide the longer backing file: it cannot grow.':
    '{file} hat Version 2 und kann die längere Grundlage nicht verdecken: Es kann nicht wachsen.',
  '{file} cannot map {size} bytes with its clusters.': '{file} kann mit seinen Clustern keine {size} Byte abbilden.',
  '{file} has a snapshot whose table is nowhere.': '{file} hat einen Sicherungspunkt, dessen Tabelle nirgends ist.',
  '{file} has a snapshot table beyond its end.': '{file} hat eine Tabelle von Sicherungspunkten hinter seinem Ende.',

  '{count} errors': '{count} Fehler',
  'the refcount block of clusters {cluster} on is nowhere': 'der Block von Referenzzählern ab Cluster {cluster} ist nirgends',
  'the refcount block of clusters {cluster} on is that of others too':
    'der Block von Referenzzählern ab Cluster {cluster} ist auch der von anderen',
  'cluster {cluster} is counted {count} times but used {used} times':
    'Cluster {cluster} ist {count}-mal gezählt und wird {used}-mal benutzt',
  'the entry at {at} says {what}, but its cluster is counted {count} times':
    'der Eintrag bei {at} sagt „{what}“, sein Cluster ist aber {count}-mal gezählt',
  'ours alone': 'nur unserer',
  shared: 'geteilt',
  '{what} at {at} is beyond the end of the file': '{what} bei {at} liegt hinter dem Ende der Datei',
  'the header': 'der Kopf',
  'the refcount table': 'die Tabelle der Referenzzähler',
  'a refcount block': 'ein Block von Referenzzählern',
  'the snapshot table': 'die Tabelle der Sicherungspunkte',
  'a data cluster': 'ein Datencluster',
  'a compressed cluster': 'ein gepackter Cluster',
  'the directory of bitmaps': 'das Verzeichnis der Bitmaps',
  'the directory of bitmaps is nowhere': 'das Verzeichnis der Bitmaps ist nirgends',
  'a bitmap is nowhere': 'eine Bitmap ist nirgends',
  'a bitmap is larger than one can be': 'eine Bitmap ist größer, als eine sein kann',
  'L1 entry {index} refers to {at}, where no table can be': 'L1-Eintrag {index} verweist auf {at}, wo keine Tabelle sein kann',
  'the compressed cluster at {at} is marked as ours alone': 'der gepackte Cluster bei {at} ist als nur unserer gekennzeichnet',
  "the L2 entry at {at} refers to {to}, no cluster's start":
    'der L2-Eintrag bei {at} verweist auf {to}, wo kein Cluster beginnt',

  '{file} is a differencing vhd image, which is not read.':
    '{file} ist ein differenzielles vhd-Abbild, das nicht gelesen wird.',
  '{file} is a vhd image of type {type}.': '{file} ist ein vhd-Abbild der Art {type}.',
  '{file} has no possible size.': '{file} hat keine mögliche Größe.',
  '{file} is shorter than its disk.': '{file} ist kürzer als seine Platte.',
  '{file} has its header beyond its end.': '{file} hat seinen Kopf hinter seinem Ende.',
  '{file} has no header for its blocks.': '{file} hat keinen Kopf für seine Blöcke.',
  '{file} has blocks of {size} bytes.': '{file} hat Blöcke von {size} Byte.',
  '{file} has {count} blocks for {size} bytes.': '{file} hat {count} Blöcke für {size} Byte.',
  '{file} has its block table beyond its end.': '{file} hat seine Blocktabelle hinter seinem Ende.',
  '{file} has grains of {size} bytes.': '{file} hat Körner von {size} Byte.',
  '{file} has tables of {count} grains.': '{file} hat Tabellen von {count} Körnern.',
  '{file} is a stream without its end.': '{file} ist ein Strom ohne Ende.',
  '{file} has its grain directory beyond its end.': '{file} hat sein Kornverzeichnis hinter seinem Ende.',
  '{file} has a damaged grain at {at}: {why}.': '{file} hat ein beschädigtes Korn bei {at}: {why}.',
  '{file} has a grain table beyond its end.': '{file} hat eine Korntabelle hinter seinem Ende.',
  '{count} bytes cannot be one': '{count} Byte können keines sein',
  'The disk has no extents.': 'Die Platte hat keine Teile.',
  '{file} is an extent of ESX, which is not read.': '{file} ist ein Teil von ESX, der nicht gelesen wird.',
  '{file} is too long for a descriptor.': '{file} ist zu lang für eine Beschreibung.',
  '{file} has its descriptor beyond its end.': '{file} hat seine Beschreibung hinter seinem Ende.',
  '{file} is one of several extents; open their descriptor.': '{file} ist eines von mehreren Teilen; ihre Beschreibung öffnen.',
  '{file} is shorter than its descriptor says.': '{file} ist kürzer, als seine Beschreibung sagt.',
  '{file} is a snapshot upon another vmdk, which is not read.':
    '{file} ist ein Sicherungspunkt auf einem anderen vmdk, der nicht gelesen wird.',
  '{file} has an extent of type {type}.': '{file} hat einen Teil der Art {type}.',
  '{file} has more than {most} extents.': '{file} hat mehr als {most} Teile.',
  '{file} lists no extents.': '{file} zählt keine Teile auf.',
} as const satisfies Readonly<Record<string, string>>
