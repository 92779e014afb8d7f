// The question about files that an image refers to, in forms that attach disks: what was refused for such a file is asked for again
// once the user lets it be opened, without another press of their button.
// Runs in: every window that makes machines or attaches disks.

import type { ReactNode } from 'react'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { BackingQuestion, backingRefused } from './BackingQuestion'

export interface BackingAsked {
  /** The refusal when it is any other: what a form shows itself. */
  readonly other: ErrorReport | null
  /** The question, while there is one: stands in the form, over it. */
  readonly question: ReactNode
}

/** `answered` comes first, whatever was answered; `allow` when the disk's image may refer to the file. `isCopied`: a copy of it is made. */
export function useBackingQuestion(
  refusal: ErrorReport | null,
  answered: () => void,
  allow: (dev: string, path: string) => void,
  isCopied: (dev: string) => boolean = () => false,
): BackingAsked {
  const asked = refusal === null ? undefined : backingRefused(refusal)
  if (refusal === null || asked === undefined) return { other: refusal, question: null }
  const answer = (open: boolean) => {
    answered()
    if (open) allow(asked.dev, asked.path)
  }
  const use = isCopied(asked.dev) ? 'copied' : 'guest'
  return { other: null, question: <BackingQuestion error={refusal} use={use} onAnswer={answer} /> }
}
