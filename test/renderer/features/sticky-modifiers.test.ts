// Modifiers chosen in a menu: down until the next key was typed. Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { StickyModifiers, stickyRows } from '../../../src-renderer/features/screen/sticky-modifiers'

function one() {
  const told: string[] = []
  const sticky = new StickyModifiers(
    ({ code }, down) => void told.push(`${code} ${down ? 'down' : 'up'}`),
    (held) => void told.push(`[${held.join()}]`),
  )
  const toggle = (id: string) => {
    const row = stickyRows.find((each) => each.id === id)
    if (row) sticky.toggle(row)
  }
  return { told, sticky, toggle }
}

it('modifiers stay down through each other and through modifiers that are typed, and go up after the next key', () => {
  const { told, sticky, toggle } = one()
  toggle('hold-control')
  sticky.typed('ShiftRight')
  toggle('hold-alt')
  expect(told).toEqual(['ControlLeft down', '[hold-control]', 'AltLeft down', '[hold-control,hold-alt]'])
  told.length = 0
  sticky.typed('F2')
  sticky.typed('F3')
  expect(told).toEqual(['AltLeft up', 'ControlLeft up', '[]'])
})

it('one that is chosen again goes up; with the viewer gone nothing is pressed', () => {
  const { told, sticky, toggle } = one()
  toggle('hold-super')
  toggle('hold-super')
  expect(told).toEqual(['MetaLeft down', '[hold-super]', 'MetaLeft up', '[]'])
  told.length = 0
  toggle('hold-shift')
  sticky.forget()
  sticky.typed('KeyA')
  expect(told).toEqual(['ShiftLeft down', '[hold-shift]', '[]'])
})
