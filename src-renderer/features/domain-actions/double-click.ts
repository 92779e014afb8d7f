// A double click on a button, as people from other desktops press them: what its first press did is not done again by its second one,
// and not undone where the button means the opposite by then. A double click whose first press only chose something goes on as ever.
// Runs in: manager and domain windows.

import { useCallback, useEffect, useRef } from 'react'

/** To be called for each thing to be done: false where it comes from the later presses of a double click of which one has done something. */
export function useDoneOnce(): () => boolean {
  const press = useRef({ count: 0, done: false })
  useEffect(() => {
    const begin = ({ detail }: MouseEvent) => {
      press.current = { count: detail, done: detail > 1 && press.current.done }
    }
    // What comes after the press, as from the application's menu, has nothing to do with it.
    const end = () => {
      setTimeout(() => {
        press.current.count = 0
      })
    }
    window.addEventListener('mousedown', begin, true)
    window.addEventListener('click', end, true)
    return () => {
      window.removeEventListener('mousedown', begin, true)
      window.removeEventListener('click', end, true)
    }
  }, [])
  return useCallback(() => {
    if (press.current.count > 1 && press.current.done) return false
    press.current.done = true
    return true
  }, [])
}
