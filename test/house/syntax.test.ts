// What a machine can judge of how files are written: no `any`, no `!`, and a header comment on top of every file.
// Whether the header is any good is for readers to judge.
// Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { filesBelow, read, readSource } from './sources'

const typed = ['src-engine', 'src-main', 'src-renderer', 'test']
  .flatMap((dir) => filesBelow(dir, /\.m?tsx?$/))
  .filter((file) => !file.startsWith('src-engine/assembly/'))
const sources = typed.map(readSource)

it('no file says any', () => {
  expect(sources.flatMap(({ file, anys }) => anys.map((line) => `${file}:${line}`))).toEqual([])
})

it('no file asserts away undefined with !', () => {
  expect(sources.flatMap(({ file, nonNulls }) => nonNulls.map((line) => `${file}:${line}`))).toEqual([])
})

it('every file opens with a comment that says what it is', () => {
  const files = [
    ...['src-engine', 'src-main', 'src-renderer', 'test'].flatMap((dir) => filesBelow(dir, /\.(m?tsx?|mjs|cjs|css|c|S|html)$/)),
    ...filesBelow('resources', /\.(mjs|cjs)$/),
    'electron.vite.config.ts',
  ]
  const bare = files.filter((file) => !/^(#!.*\n)?(<!doctype html>\s*)?(\/\/|\/\*|<!--|#)\s*\S/i.test(read(file)))
  expect(bare).toEqual([])
})
