// Who gets how much vcpu time, in the sense of Xen's credit scheduler: by weight among those who want more than their part, at most what a
// domain wants or its cap allows, and nothing is left over while somebody wants it. Pure.
// Runs in: main and tests. Spec: xl sched-credit; Xen docs/features/sched_credit.

import { DEFAULT_CPU_WEIGHT } from '../../public/types'

export interface Claim {
  readonly weight: number
  /** Hundredths of a processor, 0: none. */
  readonly cap: number
  /** Vcpus that run or would like to. */
  readonly wanting: number
}

/**
 * Processors' worth of time for each claim, in the same order; undefined: as much as it wants, nobody is in its way. With `capacity`
 * processors in all.
 */
export function shareOut(claims: readonly Claim[], capacity: number): (number | undefined)[] {
  const most = claims.map(({ cap, wanting }) => (cap > 0 ? Math.min(wanting, cap / 100) : wanting))
  const wanted = most.reduce((sum, part) => sum + part, 0)
  // A cap is kept also while the domain wants less: it may want more before anybody looks again.
  if (wanted <= capacity) return claims.map(({ cap }) => (cap > 0 ? cap / 100 : undefined))
  const parts = claims.map(() => 0)
  let left = capacity
  let open = claims.map((_, i) => i)
  while (open.length > 0 && left > 1e-9) {
    const weights = open.reduce((sum, i) => sum + weightOf(claims[i]), 0)
    // Those whose part by weight is more than they want are served first, the others share the rest anew.
    const served = open.filter((i) => (left * weightOf(claims[i])) / weights >= (most[i] ?? 0))
    if (served.length === 0) {
      for (const i of open) parts[i] = (left * weightOf(claims[i])) / weights
      break
    }
    for (const i of served) parts[i] = most[i] ?? 0
    left -= served.reduce((sum, i) => sum + (most[i] ?? 0), 0)
    open = open.filter((i) => !served.includes(i))
  }
  // Who wants nothing now gets a processor's part when it wakes, until the next look.
  return parts.map((part, i) => (claims[i]?.wanting === 0 ? wakingPart(claims[i]) : part))
}

function weightOf(claim: Claim | undefined): number {
  return Math.max(1, claim?.weight ?? DEFAULT_CPU_WEIGHT)
}

function wakingPart(claim: Claim | undefined): number {
  return claim !== undefined && claim.cap > 0 ? Math.min(1, claim.cap / 100) : 1
}
