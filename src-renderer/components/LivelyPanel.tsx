// A tab's panel whose content changes many times a second, as a terminal's does. The library's panel looks after each change of its content
// whether there is something to tab to in it, and asks for that what is visible: Chromium then lays the page out once more for each picture. It looks
// within the element that gets the panel's ref, which is an empty one here.
// Invariant: something in the panel can be tabbed to, so the panel itself need not be. Runs in: domain window.

import type { ReactNode } from 'react'
import { TabPanel } from 'react-aria-components'

export interface LivelyPanelProps {
  readonly id: string
  readonly className: string
  readonly children: ReactNode
}

/** It stays in the page while another tab is shown. */
export function LivelyPanel({ id, className, children }: LivelyPanelProps) {
  return (
    <TabPanel
      id={id}
      className={className}
      shouldForceMount
      render={({ ref, tabIndex: _, children: content, ...props }) => (
        <div {...props}>
          <div ref={ref} hidden />
          {content}
        </div>
      )}
    >
      {children}
    </TabPanel>
  )
}
