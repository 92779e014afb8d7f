// What is worth knowing about a configuration that was read and is no error: what was changed to fit, what is kept but has no
// effect here. Crosses processes as reason and values, like errors; the renderer's catalogue says it in other languages.
// Invariant: {name} in a sentence is filled from `values`. Runs in: main, preload, renderer. No platform.
import { dictionary, fields, oneOf, type TypeOf, text } from '../../src-engine/public/shape'
import { fillSentence } from './error-code'

export const noteReasons = {
  'type-changed': 'The type “{type}” becomes a Xen PVH guest, which boots from a kernel and needs Xen’s drivers in the guest.',
  'disk-renamed': 'The disk {from} is named {to} here.',
  'network-changed': 'The network interface {mac} joins the virtual network “{network}” instead of “{from}”.',
  'mac-made': 'A network interface without an address got {mac}.',
  'without-effect': 'Kept in the configuration, but without effect here: {names}.',
  'name-taken': 'A virtual machine named “{from}” exists already and stays as it is; this one becomes “{to}”.',
  'name-changed': 'The name “{from}” cannot be used; it becomes “{to}”.',
  'uuid-changed': 'Another virtual machine has its identifier; it gets a new one.',
  'more-displays': 'Only the first display is used.',
  'not-said': 'xl.cfg has no place for: {names}.',
} as const
export type NoteReason = keyof typeof noteReasons

const reasons = Object.keys(noteReasons).filter((key): key is NoteReason => key in noteReasons)
export const configNoteShape = fields({ reason: oneOf(...reasons), values: dictionary(text) })
export type ConfigNote = TypeOf<typeof configNoteShape>

export function configNote(reason: NoteReason, values: Readonly<Record<string, string>> = {}): ConfigNote {
  return { reason, values }
}

/** The English sentence. */
export function explainNote({ reason, values }: ConfigNote): string {
  return fillSentence(noteReasons[reason], values)
}
