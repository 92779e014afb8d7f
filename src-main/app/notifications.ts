// Notifications on the desktop: a machine has crashed or stands because the host's disk is full, a job that took a while has ended. Only
// while nobody looks at one of our windows, which show all that themselves, and only if the user wants them.
// Invariant: many at once are one notification, so that a thousand machines that crash together are no flood; what the user called off is
// no news. Runs in: main, plain Node; the desktop is given as a function.
import type { Clock } from '../lib/clock'
import { fillSentence } from '../public/error-code'
import type { EventName, EventPayload } from '../public/events'
import { engineWords } from '../public/german/german-words'
import type { DomainInfo, JobInfo } from '../public/types'
import type { MenuText } from './menu-text'

export interface Note {
  readonly title: string
  readonly body: string
  /** The machine whose window opens on a click; null: the manager. */
  readonly uuid: string | null
}

export interface NotificationsParts {
  readonly clock: Clock
  readonly wanted: () => boolean
  /** One of our windows has the keyboard. */
  readonly looking: () => boolean
  readonly text: () => MenuText
  readonly show: (note: Note) => void
}

type Hears = { readonly [E in EventName]?: (payload: EventPayload<E>) => void }

/** A job that was done sooner has been waited for. */
const LONG_MS = 5000
/** What comes within this time is told together. */
const GATHER_MS = 1000
/** More than this are told as one. */
const SINGLE_MOST = 3

/** A reason stands after a colon elsewhere; here it stands alone. */
function sentence(reason: string): string {
  const [first = ''] = reason
  return first.toUpperCase() + reason.slice(first.length)
}

/** Done by itself in the background: only its failure is news. */
const QUIET: readonly JobInfo['kind'][] = ['snapshotMerge']

export class Notifications {
  private readonly parts: NotificationsParts
  private readonly seen = new Map<string, Pick<DomainInfo, 'state' | 'stalledBy'>>()
  private gathered: Note[] = []
  private timer: NodeJS.Timeout | undefined

  constructor(parts: NotificationsParts) {
    this.parts = parts
  }

  /** Events that may be news. */
  readonly hears: Hears = {
    domainChanged: ({ domain }) => this.domainChanged(domain),
    domainRemoved: ({ uuid }) => void this.seen.delete(uuid),
    jobChanged: ({ job }) => this.jobChanged(job),
  }

  stop(): void {
    clearTimeout(this.timer)
    this.gathered = []
  }

  /** The first word of a machine is how things are, and no news. */
  private domainChanged({ uuid, name, state, stalledBy, detail }: DomainInfo): void {
    const before = this.seen.get(uuid)
    this.seen.set(uuid, { state, stalledBy })
    if (!before) return
    const text = this.parts.text()
    if (state === 'crashed' && before.state !== 'crashed') {
      this.tell({ title: fillSentence(text.noteCrashed, { name }), body: sentence(engineWords(detail, text.language)), uuid })
    } else if (stalledBy !== null && before.stalledBy === null) {
      this.tell({ title: fillSentence(text.noteStalled, { name }), body: text.noteStalledBody, uuid })
    }
  }

  private jobChanged({ kind, state, subject, uuid, startedAt }: JobInfo): void {
    const text = this.parts.text()
    if (state === 'failed') {
      this.tell({ title: fillSentence(text.noteFailed, { subject }), body: text.noteFailedBody, uuid })
    } else if (state === 'done' && !QUIET.includes(kind) && this.parts.clock.now() - startedAt >= LONG_MS) {
      this.tell({ title: fillSentence(text.noteDone, { subject }), body: text[`job-${kind}`], uuid })
    }
  }

  private tell(note: Note): void {
    if (!this.parts.wanted() || this.parts.looking()) return
    this.gathered.push(note)
    if (this.gathered.length > 1) return
    this.timer = setTimeout(() => this.flush(), GATHER_MS)
    this.timer.unref()
  }

  private flush(): void {
    const notes = this.gathered
    this.gathered = []
    if (notes.length <= SINGLE_MOST) {
      for (const note of notes) this.parts.show(note)
      return
    }
    const titles = notes.slice(0, SINGLE_MOST).map(({ title }) => title)
    const more = fillSentence(this.parts.text().noteMore, { count: String(notes.length - SINGLE_MOST) })
    this.parts.show({ title: 'Ringmaster', body: [...titles, more].join('\n'), uuid: null })
  }
}
