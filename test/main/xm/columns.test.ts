// Tables of a terminal stay straight whatever a machine is called. Oracle: the widths of Unicode's annex 11 as terminals draw them.
// Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { columnsOf, padded, paddedBefore } from '../../../src-main/xm/columns'
import { listTable } from '../../../src-main/xm/tables'

it.each([
  ['web', 3],
  ['🦊', 2],
  ['👩‍💻', 2],
  ['🇩🇪', 2],
  ['❤️', 2],
  ['❤', 1],
  ['日本語', 6],
  ['한국', 4],
  ['ｆｕｌｌ', 8],
  ['e\u0301', 1],
  ['नमस्ते', 4],
  ['مرحبا', 5],
  ['1#', 2],
])('%s takes %i columns', (text, columns) => {
  expect(columnsOf(text)).toBe(columns)
  expect(columnsOf(padded(text, 12))).toBe(12)
  expect(columnsOf(paddedBefore(text, 12))).toBe(12)
})

it('xm list puts the identifiers below each other', () => {
  const row = { uuid: '', domid: 7, memoryMiB: 64, vcpus: 1, state: '-b----', seconds: 1 }
  const lines = listTable(
    ['web', '🦊 fox', '日本語', 'Zürich'].map((name) => ({ ...row, name })),
    false,
  ).split('\n')
  for (const line of lines.slice(1)) expect(columnsOf(line.slice(0, line.indexOf('    7')))).toBe(41)
})
