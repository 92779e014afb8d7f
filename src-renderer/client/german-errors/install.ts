// German of the errors of kernels that are taken out of install media, disks and the trees of distributions. Runs in: renderer and tests; pure.
import type { installErrors } from '../../../src-main/public/errors/install'
import type { GermanOf } from './german-row'

export const germanInstallErrors: GermanOf<typeof installErrors> = {
  'media-no-kernel': {
    cause: 'In {path} gibt es keinen Kernel mit Ramdisk dort, wo Linux-Installations- und Live-Systeme sie haben.',
    action: 'Ein anderes Abbild für x86-64 wählen, oder Kernel und Ramdisk selbst angeben.',
  },
  'disk-no-kernel': {
    cause: 'Auf der Platte {dev} ({path}) gibt es keinen Kernel zum Starten.',
    action: 'Zuerst ein System darauf installieren oder unter „Start“ eine Kerneldatei angeben.',
  },
  'disk-no-kernel-but': {
    cause: 'Auf der Platte {dev} ({path}) gibt es keinen Kernel zum Starten, nur {holds}.',
    action: 'Zuerst ein System darauf installieren oder unter „Start“ eine Kerneldatei angeben.',
  },
  'disk-kernel-unread': {
    cause: 'Von der Platte {dev} lässt sich kein Kernel nehmen: {detail}.',
    action:
      'Unter „Start“ eine Kerneldatei angeben. Von selbst startet eine Platte, deren Kernel auf ext2, ext3 oder ext4 liegt.',
  },
  'media-unreadable': {
    cause: 'Das ISO-Abbild {path} kann nicht verwendet werden: {detail}.',
    action: 'Es noch einmal laden oder ein anderes wählen.',
  },
  'tree-address': {
    cause: '„{url}“ ist keine Adresse eines Installationsbaums.',
    action: 'Eine angeben, die mit http:// oder https:// beginnt und kein Passwort enthält.',
  },
  'tree-no-host': {
    cause: 'Einen Server namens {host} gibt es nicht, oder niemand kann danach gefragt werden.',
    action: 'Die Schreibweise prüfen, und ob dieser Rechner online ist.',
  },
  'tree-unreachable': {
    cause: 'Der Server {host} ist nicht erreichbar: Er nimmt keine Verbindung an, oder kein Weg führt dorthin.',
    action: 'Adresse und Netz dieses Rechners prüfen oder einen anderen Spiegelserver wählen.',
  },
  'tree-silent': {
    cause: 'Der Server {host} hat zu lange nichts geschickt ({detail} Sekunden).',
    action: 'Es später noch einmal versuchen oder einen anderen Spiegelserver wählen.',
  },
  'tree-tls': {
    cause: 'Mit {host} kam keine sichere Verbindung zustande: {detail}.',
    action: 'Adresse und Uhr dieses Rechners prüfen oder einen anderen Spiegelserver wählen.',
  },
  'tree-status': {
    cause: 'Der Server hat {url} nicht hergegeben: Er antwortete mit Status {detail}.',
    action: 'Es später noch einmal versuchen oder eine andere Adresse wählen.',
  },
  'tree-redirect': {
    cause: '{url} leitet dorthin weiter, wohin niemand folgt: zu oft, aus dem Web hinaus oder auf eine unsichere Verbindung.',
    action: 'Die Adresse angeben, wo es wirklich liegt.',
  },
  'tree-nothing': {
    cause: 'Unter {url} gibt es keinen Kernel mit Ramdisk dort, wo Installationsbäume sie haben.',
    action:
      'Den Ordner einer Ausgabe angeben, etwa http://mirror.example.org/debian/dists/stable/, oder den eines Installers für x86-64.',
  },
  'tree-arch': {
    cause: 'Der Installationsbaum unter {url} ist für andere Prozessoren als x86-64.',
    action: 'Die Adresse des Baums für x86-64 angeben.',
  },
  'tree-not-kernel': {
    cause: 'Wo Kernel und Ramdisk sein sollten, hat der Server etwas anderes ({url}).',
    action: 'Die Adresse in einem Browser öffnen: Auch ein Netz, das eine Anmeldung verlangt, antwortet so.',
  },
  'tree-large': {
    cause: '{url} ist größer als die {most} MiB, die eine solche Datei haben darf.',
    action: 'Die Adresse prüfen: Kernel und Ramdisks sind kleiner.',
  },
  'tree-cut': {
    cause: 'Der Server hat abgebrochen, bevor {url} ganz da war.',
    action: 'Nichts davon wurde behalten; es noch einmal versuchen oder einen anderen Spiegelserver wählen.',
  },
  'tree-damaged': {
    cause: '{url} ist nicht, was die Prüfsumme seines Baums sagt.',
    action: 'Nichts davon wurde behalten; es noch einmal versuchen oder einen anderen Spiegelserver wählen.',
  },
}
