// The form for a new virtual machine: what is wrong with it, and whose fault a refusal is.

import { describe, expect, it } from 'vitest'
import { errorReport } from '../../../../src-main/public/error-code'
import { makeTranslator } from '../../../../src-renderer/lib/translate'
import { checkForm, configOf, type Form, fieldOf, freeName } from '../../../../src-renderer/views/create-domain/check-form'

const t = makeTranslator('en')
const limits = { minMemoryMiB: 16, maxMemoryMiB: 4000 }
const good: Form = { name: 'guest-1', kernel: '/boot/vmlinuz', ramdisk: '', cmdline: 'console=hvc0', memoryMiB: 256 }

const wrong = (part: Partial<Form>) => Object.keys(checkForm({ ...good, ...part }, ['taken'], limits, t))

describe('the form of a new virtual machine', () => {
  it('is right with a name, a kernel and memory within the limits', () => {
    expect(wrong({})).toEqual([])
  })

  it.each<[string, Partial<Form>, string]>([
    ['an empty name', { name: '  ' }, 'name'],
    ['a name that begins with a dash', { name: '-a' }, 'name'],
    ['a name with a slash', { name: 'a/b' }, 'name'],
    ['a name of 65 characters', { name: 'a'.repeat(65) }, 'name'],
    ['a name that is taken', { name: 'taken' }, 'name'],
    ['no kernel', { kernel: '' }, 'kernel'],
    ['a relative kernel path', { kernel: 'vmlinuz' }, 'kernel'],
    ['a relative ramdisk path', { ramdisk: 'initrd' }, 'ramdisk'],
    ['too long a command line', { cmdline: 'x'.repeat(2048) }, 'cmdline'],
    ['no memory', { memoryMiB: Number.NaN }, 'memoryMiB'],
    ['memory 0', { memoryMiB: 0 }, 'memoryMiB'],
    ['memory beyond the limit', { memoryMiB: 4001 }, 'memoryMiB'],
  ])('refuses %s', (_what, part, field) => {
    expect(wrong(part)).toEqual([field])
  })

  it('takes names with umlauts and Windows paths', () => {
    expect(wrong({ name: 'Größe 1', kernel: 'C:\\boot\\vmlinuz' })).toEqual([])
  })

  it('says where the limit of memory comes from', () => {
    expect(checkForm({ ...good, memoryMiB: 9000 }, [], limits, t).memoryMiB).toContain('share 4 GiB')
  })

  it('becomes a definition without blanks around, and without a ramdisk when none is named', () => {
    expect(configOf({ ...good, name: ' a ', ramdisk: ' ' })).toMatchObject({ name: 'a', ramdisk: null, vcpus: 1 })
  })

  it('proposes the first free name', () => {
    expect(freeName([])).toBe('guest-1')
    expect(freeName(['guest-1', 'guest-3'])).toBe('guest-2')
  })

  it.each([
    [errorReport('name-exists', { name: 'a' }), 'name'],
    [errorReport('memory-too-large', { asked: 1, max: 1 }), 'memoryMiB'],
    [errorReport('file-unreadable', { path: '/boot/vmlinuz', detail: '' }), 'kernel'],
    [errorReport('file-unreadable', { path: '/initrd', detail: '' }), 'ramdisk'],
    [errorReport('image-unusable', { detail: '' }), undefined],
  ])('shows a refusal beside its field', (error, field) => {
    expect(fieldOf(error, { ...good, ramdisk: '/initrd' })).toBe(field)
  })
})
