// What a domain's state is called, which icon and colour go with it: one row a state.
// Runs in: renderer and tests; pure.

import { engineWords } from '../../../src-main/public/german/german-words'
import type { DomainInfo, DomainState, JobInfo } from '../../../src-main/public/types'
import type { IconName } from '../../components/Icon'
import type { Formats } from '../../lib/format'
import type { Translator } from '../../lib/translate'

interface StateLook {
  readonly icon: IconName
  readonly colour: 'running' | 'paused' | 'busy' | 'crashed' | 'off' | 'saved'
}

export const stateLooks = {
  shutoff: { icon: 'stop', colour: 'off' },
  starting: { icon: 'clock', colour: 'busy' },
  running: { icon: 'run', colour: 'running' },
  paused: { icon: 'pause', colour: 'paused' },
  shutdown: { icon: 'clock', colour: 'busy' },
  saving: { icon: 'save', colour: 'busy' },
  saved: { icon: 'save', colour: 'saved' },
  restoring: { icon: 'restore', colour: 'busy' },
  crashed: { icon: 'crash', colour: 'crashed' },
} as const satisfies Record<DomainState, StateLook>

/** It stands because this computer has no room for what it wrote. */
export function isHostFull(domain: DomainInfo): boolean {
  return domain.state === 'paused' && domain.stalledBy !== null
}

/** Why it crashed; empty when there is nothing to say. */
export function crashWords(domain: DomainInfo, t: Translator): string {
  return domain.cutOff === true ? t('state.cut-off') : engineWords(domain.detail, t.language)
}

/** The same as a sentence of its own. */
export function crashSentence(domain: DomainInfo, t: Translator): string {
  const words = crashWords(domain, t)
  return words === '' ? '' : `${words.charAt(0).toUpperCase()}${words.slice(1).replace(/\.$/, '')}.`
}

/** One line: the state, and what is worth knowing about it now. */
export function stateLine(domain: DomainInfo, job: JobInfo | undefined, t: Translator, formats: Formats): string {
  const state = t(`state.${domain.state}`)
  if (job !== undefined && job.progress !== null) return t('state.progress', { state, percent: formats.percent(job.progress) })
  if (isHostFull(domain)) return t('state.host-full')
  const why = crashWords(domain, t)
  if (domain.state === 'crashed' && why !== '') return t('state.crashed-why', { detail: why })
  if (domain.state === 'saved' && domain.savedAt !== null)
    return t('state.saved-at', { time: formats.dateTime(domain.savedAt) })
  return state
}
