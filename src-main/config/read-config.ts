// A configuration in either form, as a file or a text field holds it: domain XML begins with “<”, anything else is xl.cfg.
// Invariant: reading changes nothing; what was changed to fit is told by notes. Runs in: main, plain Node.
import { ok, type Result } from '../../src-engine/public/result'
import type { ErrorReport } from '../public/error-code'
import type { DomainConfig } from '../public/types'
import { type ReadDomain, readDomainXml, writeDomainXml } from './domain-xml'
import { keepXlLines } from './kept-xl'
import { readXl, type XlContext } from './xl-config'

export interface ReadConfig extends ReadDomain {
  readonly format: 'xml' | 'xl'
  /** What its text becomes as a definition with this identifier: with all it held that we do not know. `config` may differ
      from what was read, by another name. */
  definitionText(uuid: string, config?: DomainConfig): string
}

export function readConfig(text: string, context: XlContext): Result<ReadConfig, ErrorReport> {
  const plain = text.replace(/^\ufeff/, '')
  if (/^\s*</.test(plain)) {
    const read = readDomainXml(plain, context)
    if (!read.ok) return read
    const { config } = read.value
    return ok({ ...read.value, format: 'xml', definitionText: (uuid, own = config) => writeDomainXml(own, uuid, plain) })
  }
  const read = readXl(plain, context)
  if (!read.ok) return read
  const { unknown, ...domain } = read.value
  const definitionText = (uuid: string, own = domain.config): string => keepXlLines(writeDomainXml(own, uuid), unknown)
  return ok({ ...domain, format: 'xl', definitionText })
}
