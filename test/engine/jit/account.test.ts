// What a translator may spend, by what has run. Runs in: plain Node.
import { expect, it } from 'vitest'
import { Account } from '../../../src-engine/jit/account'

const MILLION = 1_000_000

/** An account with so much credit, and what has run translated. */
function account(credit: number): { account: Account; ran: { instructions: number; stays: number } } {
  const ran = { instructions: 7 * MILLION, stays: MILLION }
  return { account: new Account({ instructions: () => ran.instructions, stays: () => ran.stays }, credit), ran }
}

it('has its credit, and nothing of what ran before it', () => {
  const { account: one } = account(10 * MILLION)
  expect(one.affords()).toBe(true)
  one.spend(90_000, 2)
  expect(one.affords()).toBe(true)
  one.spend(10_000, 0)
  expect(one.affords()).toBe(false)
})

it('earns by instructions that run translated, less by short stays', () => {
  const { account: one, ran } = account(0)
  one.spend(100_000, 0)
  ran.instructions += 3 * MILLION
  expect(one.affords()).toBe(false)
  // stays of two instructions save nothing, and cost nothing that was earned
  ran.instructions += 2 * MILLION
  ran.stays += MILLION
  expect(one.affords()).toBe(false)
  ran.instructions += 2 * MILLION
  ran.stays += MILLION / 100
  expect(one.affords()).toBe(true)
})

it('earns a fortieth of what is interpreted', () => {
  const { account: one } = account(0)
  one.spend(1_000, 0)
  one.interpreted(900_000)
  expect(one.affords()).toBe(false)
  one.interpreted(100_000)
  expect(one.affords()).toBe(true)
})

it('keeps no more than a program needs, however long translated code has run', () => {
  const { account: one, ran } = account(0)
  ran.instructions += 10_000 * MILLION
  expect(one.affords()).toBe(true)
  one.spend(2_500_000, 0)
  expect(one.affords()).toBe(true)
  one.spend(10, 0)
  expect(one.affords()).toBe(false)
})

it('without limit affords anything', () => {
  const { account: one } = account(Number.POSITIVE_INFINITY)
  one.spend(1e9, 1e6)
  expect(one.affords()).toBe(true)
})
