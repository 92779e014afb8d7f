// A plain table of facts: headings, rows, numbers aligned at the right. It scrolls in its box, by keyboard too.
// Invariant: columns keep their width while numbers change. Runs in: every window.

import type { ReactNode } from 'react'
import './data-table.css'

export interface Column<R> {
  readonly id: string
  readonly label: string
  readonly numeric?: boolean
  readonly mono?: boolean
  /** Words that may take a second line where the table is narrow. */
  readonly wrap?: boolean
  readonly cell: (row: R) => ReactNode
}

export function DataTable<R>(props: {
  readonly label: string
  readonly columns: readonly Column<R>[]
  readonly rows: readonly R[]
  readonly rowKey: (row: R) => string
  readonly empty: string
}) {
  const { columns, rows } = props
  const looks = (column: Column<R>): string =>
    (['numeric', 'mono', 'wrap'] as const).filter((look) => column[look] === true).join(' ')
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="data-table selectable" tabIndex={0} aria-label={props.label}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={looks(column)}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={props.rowKey(row)}>
              {columns.map((column) => (
                <td key={column.id} className={looks(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p className="muted data-empty">{props.empty}</p>}
    </section>
  )
}
