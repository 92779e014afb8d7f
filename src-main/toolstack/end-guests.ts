// What becomes of guests that run when their connection is closed or the app is left. Runs in: main, plain Node.
import type { CloseChoice } from '../public/connection'
import type { ErrorReport } from '../public/error-code'

export interface EndableGuests {
  saveAll(): Promise<readonly ErrorReport[]>
  /** An error for each that did not follow in time. */
  shutdownAll(): Promise<readonly ErrorReport[]>
  destroyAll(): Promise<void>
}

/** An error for each that goes on. */
export async function endGuests(guests: EndableGuests, how: CloseChoice): Promise<readonly ErrorReport[]> {
  if (how === 'save') return guests.saveAll()
  if (how === 'shutdown') return guests.shutdownAll()
  await guests.destroyAll()
  return []
}
