// What few people change, folded away below what everybody sees. The browser's own element: keyboard and screen readers know it.
// Runs in: every window.

import type { ReactNode } from 'react'

export function Fold(props: { readonly label: string; readonly children: ReactNode }) {
  return (
    <details className="fold">
      <summary>{props.label}</summary>
      {props.children}
    </details>
  )
}
