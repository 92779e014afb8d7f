// The table of errors: each says what happened and what to do, in sentences; and each is made with the values its sentences want.
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ErrorReason, errorReasons } from '../../../src-main/public/error-code'

const sourceFolder = path.resolve(import.meta.dirname, '../../../src-main')
const rows = Object.entries(errorReasons)

function sources(folder: string): string {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const file = path.join(folder, entry.name)
      return entry.isDirectory() ? sources(file) : entry.name.endsWith('.ts') ? fs.readFileSync(file, 'utf8') : ''
    })
    .join('\n')
}

function marks(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
}

function isReason(reason: string): reason is ErrorReason {
  return Object.hasOwn(errorReasons, reason)
}

describe('the table of errors', () => {
  it.each(rows)('%s says its cause and what to do, in sentences', (_reason, { cause, action }) => {
    for (const sentence of [cause, action]) {
      expect(sentence).toMatch(/^[\p{Lu}“{].*[.!]$/u)
      expect(sentence).not.toMatch(/"|\.\.\.|\bE[A-Z]{3,}\b|undefined|exception/)
    }
    expect(action).not.toBe(cause)
  })

  it('is told with every value that its sentences have marks for', () => {
    const calls = [...sources(sourceFolder).matchAll(/errorReport\(\s*'([\w-]+)'\s*(?:,\s*(\{[^{}]*\}|[^)]*))?\)/g)]
    expect(calls.length).toBeGreaterThan(60)
    const poor = calls.flatMap(([call, reason = '', values = '']) => {
      if (!isReason(reason)) return [`${reason} is no reason`]
      if (values !== '' && !values.startsWith('{')) return [] // a value made elsewhere
      if (values.includes('...')) return []
      const row = errorReasons[reason]
      const missing = marks(row.cause + row.action).filter((name) => !new RegExp(`\\b${name}\\b`).test(values))
      return missing.length > 0 ? [`${call}: ${missing.join(', ')}`] : []
    })
    expect(poor).toEqual([])
  })
})
