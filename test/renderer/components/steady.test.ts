// When a part of a page would look as it does already. Runs in: vitest, Node.

import { createElement } from 'react'
import { expect, it } from 'vitest'
import { same } from '../../../src-renderer/components/steady'

const choices = (...labels: readonly string[]) => labels.map((label) => ({ value: label.toLowerCase(), label }))

it('compares data by what stands in it', () => {
  expect(same(choices('Raw', 'Qcow2'), choices('Raw', 'Qcow2'))).toBe(true)
  expect(same(choices('Raw', 'Qcow2'), choices('Raw', 'VHD'))).toBe(false)
  expect(same(choices('Raw'), choices('Raw', 'Qcow2'))).toBe(false)
  expect(same({ value: Number.NaN }, { value: Number.NaN })).toBe(true)
  expect(same({ hint: undefined }, { error: undefined })).toBe(false)
  expect(same({}, [])).toBe(false)
})

it('compares elements by what they show', () => {
  const item = (name: string, key = 'a') => createElement('li', { key, title: name }, createElement('b', null, name))
  expect(same(item('disk'), item('disk'))).toBe(true)
  expect(same(item('disk'), item('network'))).toBe(false)
  expect(same(item('disk'), item('disk', 'b'))).toBe(false)
  expect(same(item('disk'), createElement('dt', { key: 'a', title: 'disk' }, createElement('b', null, 'disk')))).toBe(false)
})

it('takes functions and objects of a class for themselves alone', () => {
  expect(
    same(
      () => 1,
      () => 1,
    ),
  ).toBe(false)
  expect(same(new Map([['a', 1]]), new Map([['a', 1]]))).toBe(false)
})
