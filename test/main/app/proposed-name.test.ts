// Names proposed for files: any machine's, whole where they fit, with their ending where they do not. Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { bytesOf, FILE_NAME_BYTES_MOST } from '../../../src-engine/public/name'
import { proposedFileName } from '../../../src-main/app/proposed-name'
import { calls } from '../../../src-main/public/calls'

it.each([
  ['🦊 Füchse', 'csv', '🦊 Füchse.csv'],
  ['🦊 Füchse.xml', undefined, '🦊 Füchse.xml'],
  ['v1.2', 'png', 'v1.2.png'],
  ['../../etc/passwd', 'log', '_.._etc_passwd.log'],
  ['..', 'log', 'machine.log'],
  ['\u202egnp.exe', undefined, '_gnp.exe'],
  ['', 'csv', 'machine.csv'],
])('%s becomes one (%s): %s', (wish, extension, name) => {
  expect(proposedFileName(wish, extension)).toBe(name)
})

it('of the longest name keeps its ending, and the call for it is not refused', () => {
  for (const name of ['x'.repeat(256), '🦊'.repeat(64)]) {
    for (const ending of ['.xml', '-xvda.qcow2']) {
      expect(calls.filePick.params.is({ kind: 'saveConfig', suggestedName: `${name}${ending}` })).toBe(true)
      const proposed = proposedFileName(`${name}${ending}`, undefined)
      expect(proposed.endsWith(ending.replace('-xvda', ''))).toBe(true)
      expect(bytesOf(proposed)).toBeLessThan(FILE_NAME_BYTES_MOST)
    }
  }
})
