// What a machine has when it starts, beside the most it may have: said by both formats, kept only where it is less.
// Runs in: main, plain Node.
import { err, ok, type Result } from '../../src-engine/public/result'
import { currentOf, currentVcpusOf } from '../public/types'

const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

/**
 * The fields of a domain as they were read, without what says no more than the most does. `said`: what the format calls the vcpus at the
 * start, for the sentence that there are too many of them.
 */
export function withAllocation(
  values: Readonly<Record<string, unknown>>,
  said: string,
): Result<Readonly<Record<string, unknown>>, string> {
  const { currentMiB, currentVcpus, ...fields } = values
  const vcpus = asNumber(fields['vcpus']) ?? 1
  const atFirst = asNumber(currentVcpus)
  if (atFirst !== undefined && atFirst > vcpus) {
    return err(`${said} is “${atFirst}”, but a whole number from 1 to ${vcpus} is expected`)
  }
  const memory = currentOf(asNumber(currentMiB), asNumber(fields['memoryMiB']) ?? 0)
  return ok({ ...fields, ...memory, ...currentVcpusOf(atFirst, vcpus) })
}
