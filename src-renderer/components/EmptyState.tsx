// What a window shows when there is nothing yet: one sentence and what to do about it.
// Runs in: every window.

import type { ReactNode } from 'react'

export function EmptyState(props: { readonly text: string; readonly children?: ReactNode }) {
  return (
    <div className="empty fill">
      <p className="empty-text">{props.text}</p>
      {props.children !== undefined && <div className="empty-actions">{props.children}</div>}
    </div>
  )
}
