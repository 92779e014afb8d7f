// What can be undone in a window: edits of definitions, rename, folders, tags, deleting, networks and their wiring, volumes. Each step knows how to go back;
// the newest is offered.
// Invariant: a step is taken off before it is undone, so that it is undone once, and after the one before it is; undoing
// gives no new step.
// Runs in: windows and tests; pure.

import { createStore, type StoreApi } from 'zustand/vanilla'

export interface UndoStep {
  readonly id: number
  /** What was done, for people. */
  readonly label: string
  readonly undo: () => Promise<void>
}

const STEPS_KEPT = 50

export class UndoSteps {
  /** Oldest first. */
  readonly steps: StoreApi<readonly UndoStep[]> = createStore<readonly UndoStep[]>(() => [])
  private nextId = 1
  private undoing: Promise<void> = Promise.resolve()

  add(label: string, undo: () => Promise<void>): void {
    this.steps.setState((before) => [...before, { id: this.nextId++, label, undo }].slice(-STEPS_KEPT), true)
  }

  undo(): Promise<void> {
    const last = this.steps.getState().at(-1)
    if (last === undefined) return this.undoing
    this.steps.setState((before) => before.filter((step) => step !== last), true)
    this.undoing = this.undoing.then(last.undo)
    return this.undoing
  }

  /** This step and all after it, newest first. */
  undoTo(id: number): Promise<void> {
    while (this.steps.getState().some((step) => step.id >= id)) void this.undo()
    return this.undoing
  }
}
