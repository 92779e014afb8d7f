// Which parts of a page React drew again: it hands each drawing's tree to a developer's tool, and here is one that keeps the elements.
// Invariant: an element counts if the component it belongs to was drawn, whether or not anything in it changed.
// Runs in: end-to-end tests; what `listen` does, in the windows.

import type { Page } from 'playwright-core'
import type { RunningApp } from './app'
import { settle } from './scenes'

/** What is looked at of React's own nodes. */
interface Fiber {
  readonly child: Fiber | null
  readonly sibling: Fiber | null
  readonly alternate: Fiber | null
  readonly memoizedProps: unknown
  readonly stateNode: unknown
}

function listen(): void {
  const drawn = new Set<Element>()
  /** Below a part that was not drawn the nodes are those of the drawing before. */
  const visit = (now: Fiber, before: Fiber): void => {
    if (now.stateNode instanceof Element && now.memoizedProps !== before.memoizedProps) drawn.add(now.stateNode)
    if (now.child === before.child) return
    for (let child = now.child; child !== null; child = child.sibling) {
      if (child.alternate !== null) visit(child, child.alternate)
    }
  }
  const onCommitFiberRoot = (_: number, root: { readonly current: Fiber }) => {
    if (root.current.alternate !== null) visit(root.current, root.current.alternate)
  }
  const nothing = () => undefined
  Object.assign(window, {
    drawnElements: drawn,
    // The name is React's.
    __REACT_DEVTOOLS_GLOBAL_HOOK__: {
      supportsFiber: true,
      inject: () => 1,
      checkDCE: nothing,
      onCommitFiberRoot,
      onCommitFiberUnmount: nothing,
    },
  })
}

/** Windows that open from now on can be asked, and those that are there once they are loaded again. */
export async function watchDrawing(app: RunningApp): Promise<void> {
  for (const target of [app.electron.context(), ...app.electron.windows()]) await target.addInitScript(listen)
}

/** Waits until nothing is drawn any more: what a page asks for comes late on a busy machine. */
export async function rested(page: Page): Promise<void> {
  for (let drawn = 1; drawn > 0; ) {
    await page.evaluate(() => Reflect.get(window, 'drawnElements').clear())
    await settle(page)
    drawn = await page.evaluate(() => Reflect.get(window, 'drawnElements').size)
  }
}

/** The labels of the fields, or else the words, of the elements that were drawn again while `act` ran. */
export async function drawnAgain(page: Page, selector: string, act: () => Promise<void>): Promise<readonly string[]> {
  await page.evaluate(() => Reflect.get(window, 'drawnElements').clear())
  await act()
  return page.evaluate((wanted) => {
    const drawn: ReadonlySet<Element> = Reflect.get(window, 'drawnElements')
    const words = (element: Element) => element.closest('.field')?.querySelector('.field-label') ?? element
    const found = [...drawn].filter((element) => element.matches(wanted))
    return [...new Set(found.map((element) => words(element).textContent?.trim() ?? ''))]
  }, selector)
}
