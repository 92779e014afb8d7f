// The tables whose rows count themselves (src-engine/public/row-use.ts), and which rows marked done nobody has used.
// test/support/row-reporter.ts asks after a whole run; rows come from every process and thread of it.
// Runs in: vitest's main process.
import { OPCODE_MAP } from '../../src-engine/isa/opcode-map'
import { SSE_ROWS } from '../../src-engine/isa/sse-rows'
import { LINK_RECORDS } from '../../src-engine/public/protocol/link'
import { EVTCHNOPS } from '../../src-engine/public/xen/event-channel'
import { GNTTABOPS } from '../../src-engine/public/xen/grant-table'
import { HVMOPS } from '../../src-engine/public/xen/hvm-params'
import { HYPERCALLS } from '../../src-engine/public/xen/hypercall'
import { XS_MESSAGE_ROWS } from '../../src-engine/public/xen/io/xs-wire'
import { XENMEMS } from '../../src-engine/public/xen/memory'
import { SCHEDOPS } from '../../src-engine/public/xen/sched'
import { VCPUOPS } from '../../src-engine/public/xen/vcpu'
import { XENVERS } from '../../src-engine/public/xen/version'
import { deviceKinds, domainFields } from '../../src-main/config/domain-fields'
import { commands } from '../../src-main/xm/command-table'
import { EXCLUDED, FX_FAMILIES, rowKey, sseRowKey } from '../isa/fuzz/forms'

interface CountedTable {
  readonly name: string
  /** Each row marked done: what to call it, and any one of the uses that count for it. */
  readonly rows: readonly { readonly row: string; readonly uses: readonly string[] }[]
}

type Operation = readonly [name: string, number: number, status: string]
const operations = (name: string, hypercall: number, rows: readonly Operation[]): CountedTable => ({
  name,
  rows: rows
    .filter(([, , status]) => status === 'done')
    .map(([row, number]) => ({ row, uses: [`operations of ${hypercall} ${number}`] })),
})
const named = (name: string, rows: readonly string[]): CountedTable => ({
  name,
  rows: rows.map((row) => ({ row, uses: [`${name} ${row}`] })),
})

export const COUNTED: readonly CountedTable[] = [
  {
    name: 'HYPERCALLS',
    rows: HYPERCALLS.filter(([, , status]) => status === 'done').map(([number, row]) => ({
      row,
      uses: [`HYPERCALLS ${number}`],
    })),
  },
  operations('XENMEMS', 12, XENMEMS),
  operations('XENVERS', 17, XENVERS),
  operations('GNTTABOPS', 20, GNTTABOPS),
  operations('VCPUOPS', 24, VCPUOPS),
  operations('SCHEDOPS', 29, SCHEDOPS),
  operations('EVTCHNOPS', 32, EVTCHNOPS),
  operations('HVMOPS', 34, HVMOPS),
  {
    name: 'XS_MESSAGES',
    rows: XS_MESSAGE_ROWS.filter((row) => row[5] === 'done').map(([row, number]) => ({
      row,
      uses: [`XS_MESSAGES ${number}`],
    })),
  },
  named('LINK_RECORDS', Object.keys(LINK_RECORDS)),
  named('xm commands', Object.keys(commands)),
  named('domain fields', [
    ...Object.keys(domainFields).map((field) => `domain ${field}`),
    ...Object.values(deviceKinds).flatMap(({ element, fields }) => Object.keys(fields).map((field) => `${element} ${field}`)),
  ]),
  {
    // Compared with the host's CPU, or, where forms.ts says why not, decoded by a guest of the tests.
    name: 'OPCODES',
    rows: OPCODE_MAP.filter((row) => row[10] === 'done').map((row) => ({
      row: `${rowKey(row)} ${row[4]}`,
      uses: [
        `OPCODES ${rowKey(row)}`,
        ...(EXCLUDED[row[9]] === undefined ? [] : [`FAMILIES ${row[9]}`]),
        ...(FX_FAMILIES.includes(row[9])
          ? SSE_ROWS.filter((other) => other[0] === row[3]).map((other) => `SSE ${sseRowKey(other)}`)
          : []),
      ],
    })),
  },
  { name: 'SSE', rows: SSE_ROWS.map((row) => ({ row: sseRowKey(row), uses: [`SSE ${sseRowKey(row)}`] })) },
]

/** 'TABLE row' of every row marked done that is not among the uses. */
export function unusedRows(uses: ReadonlySet<string>): string[] {
  return COUNTED.flatMap(({ name, rows }) =>
    rows.filter((row) => !row.uses.some((use) => uses.has(use))).map(({ row }) => `${name} ${row}`),
  )
}
