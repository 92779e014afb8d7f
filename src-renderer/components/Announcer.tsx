// A live region: what changed, said once to people who listen to the screen, without taking focus.
// Invariant: the region exists from the first frame (a region added later is not heard); the same words twice are said twice.
// Runs in: every window.

import { createContext, type ReactNode, useCallback, useContext, useRef } from 'react'

const AnnounceContext = createContext<(text: string) => void>(() => undefined)

export function AnnouncerProvider(props: { readonly children: ReactNode }) {
  const region = useRef<HTMLDivElement>(null)
  const announce = useCallback((text: string) => {
    const node = region.current
    if (node === null) return
    const line = document.createElement('p')
    line.textContent = text
    node.append(line)
    while (node.childElementCount > 4) node.firstElementChild?.remove()
  }, [])
  return (
    <AnnounceContext.Provider value={announce}>
      {props.children}
      <div
        ref={region}
        className="visually-hidden"
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        data-testid="live-region"
      />
    </AnnounceContext.Provider>
  )
}

export function useAnnounce(): (text: string) => void {
  return useContext(AnnounceContext)
}
