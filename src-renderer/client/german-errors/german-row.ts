// What an error says in German; the files beside have one for each reason of the file of the same name in src-main/public/errors.
// Runs in: renderer and tests; pure.

export interface GermanRow {
  readonly cause: string
  readonly action: string
}

/** German for all of these reasons: without one of them it does not compile. */
export type GermanOf<Errors> = Readonly<Record<keyof Errors, GermanRow>>
