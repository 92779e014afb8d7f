// One sentence of the windows. Runs in: every window.

/** Both languages have the same {marks}. Plurals are two rows, `…-one` and `…-other`, whose number is {count}. */
export interface MessageRow {
  readonly en: string
  readonly de: string
}
