// Which window the words of a start ask for. Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { askedWindow, namedMachine, wordsOf } from '../../../src-main/app/command-line'
import { domainInfo } from '../../support/domain-info'

it.each([
  [['/app', '--no-sandbox'], undefined],
  [['--show-domain-creator'], { view: 'create-domain', machine: '', page: '' }],
  [['/app', '--show-domain-editor', 'web 1'], { view: 'domain', machine: 'web 1', page: 'details' }],
  [['--show-domain-performance=a=b'], { view: 'domain', machine: 'a=b', page: 'performance' }],
  [['--show-domain-console'], { view: 'domain', machine: '', page: '' }],
  [['--show-host-summary', 'web'], { view: 'host', machine: '', page: '' }],
  [['--toString', '--constructor'], undefined],
])('%j asks for %j', (words, asked) => {
  expect(askedWindow(words)).toEqual(asked)
})

it('finds a machine by name, identifier or domid', () => {
  const uuid = '11111111-2222-4333-8444-55555555aaaa'
  const domains = [domainInfo({ uuid, name: 'web', domid: 3 }), domainInfo({ name: '3', domid: null })]
  expect(['web', uuid.toUpperCase(), '3', '4', ''].map((word) => namedMachine(domains, word)?.name)).toEqual([
    'web',
    'web',
    '3',
    undefined,
    undefined,
  ])
})

it('takes nothing but words from a second start', () => {
  expect([wordsOf({ words: ['a', 1] }), wordsOf({ words: 'a' }), wordsOf(null), wordsOf(undefined)]).toEqual([
    ['a'],
    [],
    [],
    [],
  ])
})
