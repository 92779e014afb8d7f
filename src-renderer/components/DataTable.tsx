// A plain table of facts: headings, rows, numbers aligned at the right. It scrolls in its box, by keyboard too. Where its columns have no
// room beside each other, one that `stacks` sets each row's values below each other, each behind the heading of its column.
// Invariant: columns keep their width while numbers change. Runs in: every window.

import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react'
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

/** Whether the columns have no room in the box. `words`: what changes their width without the box's own changing. */
function useStacked(box: RefObject<HTMLElement | null>, stacks: boolean, words: string): boolean {
  /** What the columns took when they had no room; 0 while they have. */
  const [needed, setNeeded] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: other words are other widths
  useEffect(() => {
    const { current } = box
    if (!stacks || current === null) return
    const look = () => {
      const { scrollWidth, clientWidth } = current
      setNeeded((before) => {
        if (before > 0) return clientWidth >= before ? 0 : before
        return scrollWidth > clientWidth ? scrollWidth : 0
      })
    }
    const observer = new ResizeObserver(look)
    observer.observe(current)
    look()
    return () => observer.disconnect()
  }, [box, stacks, words])
  return needed > 0
}

export function DataTable<R>(props: {
  readonly label: string
  readonly columns: readonly Column<R>[]
  readonly rows: readonly R[]
  readonly rowKey: (row: R) => string
  readonly empty: string
  readonly stacks?: boolean
}) {
  const { columns, rows, stacks = false } = props
  const box = useRef<HTMLElement>(null)
  const stacked = useStacked(box, stacks, `${columns.map(({ label }) => label).join()} ${rows.length}`)
  const looks = (column: Column<R>): string =>
    (['numeric', 'mono', 'wrap'] as const).filter((look) => column[look] === true).join(' ')
  return (
    <section
      ref={box}
      className={stacked ? 'data-table selectable stacked' : 'data-table selectable'}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      aria-label={props.label}
    >
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
                <td key={column.id} className={looks(column)} data-label={column.label}>
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
