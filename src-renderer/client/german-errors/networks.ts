// German of the errors of virtual networks. Runs in: renderer and tests; pure.
import type { networkErrors } from '../../../src-main/public/errors/networks'
import type { GermanOf } from './german-row'

export const germanNetworkErrors: GermanOf<typeof networkErrors> = {
  'network-exists': {
    cause: 'Ein virtuelles Netz namens „{network}“ gibt es schon.',
    action: 'Einen anderen Namen wählen.',
  },
  'network-bad': {
    cause: 'Das virtuelle Netz „{network}“ kann nicht verwendet werden: {detail}.',
    action: 'Seine Adressen berichtigen.',
  },
  'network-overlaps': {
    cause: 'Die Adressen von „{network}“ überschneiden sich mit denen von „{other}“.',
    action: 'Einen eigenen Bereich wählen.',
  },
  'network-in-use': {
    cause: 'Das virtuelle Netz „{network}“ wird benutzt von: {names}.',
    action: 'Diesen Maschinen erst ein anderes Netz geben.',
  },
  'network-permanent': {
    cause: 'Das virtuelle Netz „{network}“ ist von Anfang an da und bleibt.',
    action: 'Es stattdessen ändern oder ein weiteres anlegen.',
  },
  'networks-corrupt': {
    cause: 'Die Liste der virtuellen Netze war beschädigt ({detail}) und wurde als {kept} beiseitegelegt.',
    action: 'Eigene Netze noch einmal anlegen; „default“ ist da.',
  },
  'networks-newer': {
    cause: 'Die Liste der virtuellen Netze stammt von einer neueren Version und wurde als {kept} beiseitegelegt.',
    action:
      'Ringmaster aktualisieren und der Datei ihren alten Namen geben, oder eigene Netze noch einmal anlegen; „default“ ist da.',
  },
}
