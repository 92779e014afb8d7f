// German of the errors of a machine’s devices. Runs in: renderer and tests; pure.
import type { deviceErrors } from '../../../src-main/public/errors/devices'
import type { GermanOf } from './german-row'

export const germanDeviceErrors: GermanOf<typeof deviceErrors> = {
  'device-twice': {
    cause: 'In „{name}“ gibt es das Gerät {key} zweimal.',
    action: 'Einem davon einen anderen Namen oder eine andere Nummer geben.',
  },
  'too-many-devices': {
    cause: '„{name}“ kann nicht mehr als {max} Geräte haben.',
    action: 'Erst eines entfernen.',
  },
  'no-device': {
    cause: '„{name}“ hat kein Gerät {key}.',
    action: 'Vielleicht wurde es entfernt; ein Blick in die Liste zeigt es.',
  },
  'disk-no-file': {
    cause: 'Der Platte {dev} fehlt die Abbilddatei.',
    action: 'Eine Datei wählen oder ein Laufwerk mit Wechselmedium daraus machen.',
  },
  'disk-format-readonly': {
    cause: 'Abbilder im Format {format} können nur gelesen werden ({dev}).',
    action: 'Die Platte nur lesbar machen oder das Abbild nach qcow2 umwandeln.',
  },
  'disk-file-twice': {
    cause: 'Zwei Platten von „{name}“ verwenden die Datei {path}, und eine davon schreibt.',
    action: 'Jeder Platte eine eigene Datei geben oder beide nur lesbar machen.',
  },
  'disk-in-use': {
    cause: 'Die Datei {path} wird von „{name}“ benutzt.',
    action: 'Diese Maschine erst herunterfahren oder eine Kopie der Datei verwenden.',
  },
  'disk-frozen': {
    cause: 'Die Datei {path} gehört zu einem Sicherungspunkt, oder die Platte einer anderen Maschine steht auf ihr.',
    action: 'Eine Kopie der Datei nehmen, oder die Platte nur lesbar machen.',
  },
  'mac-taken': {
    cause: 'Die MAC-Adresse {mac} gehört schon einer Netzwerkkarte von „{name}“.',
    action: 'Eine andere Adresse wählen.',
  },
  'forward-taken': {
    cause: 'Port {port} ({protocol}) dieses Rechners wird schon an „{name}“ weitergeleitet.',
    action: 'Einen anderen Port wählen.',
  },
  'no-network': {
    cause: 'Es gibt kein virtuelles Netz namens „{network}“.',
    action: 'Ein anderes Netz wählen oder dieses anlegen.',
  },
  'network-stopped': {
    cause: 'Das virtuelle Netz „{network}“ ist angehalten.',
    action: 'Es unter „Virtuelle Netze“ starten oder ein anderes wählen.',
  },
  'no-screen': {
    cause: '„{name}“ hat keinen Bildschirm.',
    action: 'Unter Details eine Anzeige hinzufügen; ab dem nächsten Start ist sie da.',
  },
  'not-hot-pluggable': {
    cause: 'Das Gerät {key} kann nicht geändert werden, während „{name}“ läuft.',
    action: 'Es wird beim nächsten Start geändert.',
  },
  'detach-timeout': {
    cause: 'Der Gast hat {key} nicht innerhalb von {seconds} Sekunden freigegeben.',
    action: 'Das Gerät im Gast aushängen oder nicht mehr benutzen, oder das Entfernen erzwingen.',
  },
}
