// What can be undone in a window: edits of definitions, rename, folders, tags, deleting, networks and their wiring, volumes. Each step knows how to go back;
// the newest is offered.
// Invariant: the key takes back only what is offered just now, by its name; where nothing is, it offers the newest. A step is taken off before it is undone, so that it is undone once, and after the one before it is; undoing
// gives no new step.
// Runs in: windows and tests; pure.

import { createStore, type StoreApi } from 'zustand/vanilla'

export interface UndoStep {
  readonly id: number
  /** What was done, for people. */
  readonly label: string
  readonly undo: () => Promise<void>
  /** The machine, where a window may show several beside each other. */
  readonly about?: string
}

const STEPS_KEPT = 50

export class UndoSteps {
  /** Oldest first. */
  readonly steps: StoreApi<readonly UndoStep[]> = createStore<readonly UndoStep[]>(() => [])
  /** The step whose name is in sight. */
  readonly offered: StoreApi<number | null> = createStore<number | null>(() => null)
  private nextId = 1
  private undoing: Promise<void> = Promise.resolve()

  add(label: string, undo: () => Promise<void>, about?: string): void {
    this.steps.setState(
      (before) => [...before, { id: this.nextId++, label, undo, ...(about !== undefined && { about }) }].slice(-STEPS_KEPT),
      true,
    )
    this.offerLast()
  }

  /** The step is no longer in sight. */
  withdraw(id: number): void {
    if (this.offered.getState() === id) this.offered.setState(null, true)
  }

  /** By the key, which has no words of its own. */
  undoOffered(): Promise<void> {
    if (this.offered.getState() !== null) return this.undo()
    this.offerLast()
    return this.undoing
  }

  undo(): Promise<void> {
    const last = this.steps.getState().at(-1)
    if (last === undefined) return this.undoing
    this.steps.setState((before) => before.filter((step) => step !== last), true)
    this.offerLast()
    this.undoing = this.undoing.then(last.undo)
    return this.undoing
  }

  /** This step and all after it, newest first. */
  undoTo(id: number): Promise<void> {
    while (this.steps.getState().some((step) => step.id >= id)) void this.undo()
    return this.undoing
  }

  private offerLast(): void {
    this.offered.setState(this.steps.getState().at(-1)?.id ?? null, true)
  }
}
