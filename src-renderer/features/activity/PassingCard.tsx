// A card that goes by itself (passing.ts), but not while the pointer or the keyboard's focus is within it.
// Runs in: manager and domain windows.

import { type ReactNode, useEffect, useEffectEvent, useRef } from 'react'
import { Passing } from './passing'

export function PassingCard(props: { readonly onLeave: () => void; readonly children: ReactNode }) {
  const leave = useEffectEvent(props.onLeave)
  const passing = useRef<Passing>(null)
  useEffect(() => {
    const made = new Passing(() => leave())
    passing.current = made
    return () => made.dispose()
  }, [])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears that somebody is there
    <div
      className="activity-passing"
      onPointerEnter={() => passing.current?.hold('pointer')}
      onPointerLeave={() => passing.current?.release('pointer')}
      onFocus={() => passing.current?.hold('focus')}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) passing.current?.release('focus')
      }}
    >
      {props.children}
    </div>
  )
}
