// The doctor: what is wrong with the machine and its guests, each with what follows from it and a button that mends it or opens the
// window where it is mended; below, what was found in order. And the report for others to look at.
// Invariant: findings stay shown while it looks again, and what was mended is gone afterwards. Runs in: doctor window.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { type Diagnosis, type Finding, findingTable } from '../../../src-main/public/doctor'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { useClient } from '../../client/Client'
import { findingText } from '../../client/finding-text'
import { callQuery, reportOf } from '../../client/queries'
import { useAnnounce } from '../../components/Announcer'
import { Button } from '../../components/Button'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { Notice } from '../../components/Notice'
import { Progress } from '../../components/Progress'
import { useEscape } from '../../components/use-escape'
import './doctor.css'
import { Refusal } from '../../remedy/Refusal'

const icons = { error: 'crash', warning: 'warning', info: 'info' } as const

/** The page at which it asks for the report's file at once. */
const REPORT = 'report'

/** The page of the machine's window where it is mended, or seen why. */
function pageOf(kind: Finding['kind']): string {
  if (kind === 'crashed') return 'log'
  return kind === 'clock-stands' || kind === 'clock-off' ? 'console' : 'details'
}

export function DoctorView(props: { readonly page: string }) {
  const { t } = useWords()
  const client = useClient()
  const queries = useQueryClient()
  const announce = useAnnounce()
  const query = callQuery(client, 'doctorLook', {})
  const { data: diagnosis, error, isFetching } = useQuery(query)
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const [saved, setSaved] = useState<string | null>(null)

  const close = () => void client.call('windowClose', {})
  useEscape(close)
  useEffect(() => {
    document.title = t('doctor.title')
  }, [t])

  const count = diagnosis?.findings.length
  useEffect(() => {
    if (count !== undefined && !isFetching) announce(count === 0 ? t('doctor.fine') : t.count('doctor.found', count))
  }, [announce, count, isFetching, t])

  const again = () => queries.invalidateQueries({ queryKey: query.queryKey })
  const mend = async ({ kind, uuid, subject }: Finding) => {
    setRefusal(null)
    const done = await client.call('doctorMend', { kind, uuid, subject })
    if (done.ok) announce(t('doctor.mended'))
    else setRefusal(done.error)
    await again()
  }
  const collect = async () => {
    setRefusal(null)
    setSaved(null)
    const picked = await client.call('filePick', { kind: 'saveReport', suggestedName: 'ringmaster-report' })
    if (!picked.ok) return setRefusal(picked.error)
    const { path } = picked.value
    if (path === null) return
    const done = await client.call('reportSave', { path })
    if (!done.ok) return setRefusal(done.error)
    setSaved(path)
  }
  const collectNow = useRef(collect)
  collectNow.current = collect
  useEffect(() => {
    if (props.page === REPORT) void collectNow.current()
    // A window that is open already is told.
    return client.subscribe('menuChosen', ({ command }) => command === `page-${REPORT}` && void collectNow.current())
  }, [client, props.page])
  const failure = refusal ?? (error === null ? null : reportOf(error))
  return (
    <div className="window">
      <main className="doctor fill">
        <div className="doctor-head">
          <h1>{t('doctor.title')}</h1>
          <span className="muted" role="status">
            {diagnosis === undefined || isFetching
              ? t('doctor.looking')
              : diagnosis.findings.length === 0
                ? t('doctor.fine')
                : t.count('doctor.found', diagnosis.findings.length)}
          </span>
          <span className="fill" />
          <Button icon="reboot" disabled={isFetching} onPress={() => void again()}>
            {t('doctor.again')}
          </Button>
        </div>
        <Refusal error={failure} onChange={setRefusal} />
        {saved !== null && (
          <Notice tone="info" boxed dismissLabel={t('button.dismiss')} onDismiss={() => setSaved(null)}>
            {t('doctor.report-saved', { path: saved })}
          </Notice>
        )}
        {diagnosis === undefined ? (
          <Progress label={t('doctor.looking')} fraction={null} />
        ) : (
          <Findings diagnosis={diagnosis} busy={isFetching} onMend={(finding) => void mend(finding)} />
        )}
        <p className="muted doctor-note">{t('doctor.report-note')}</p>
      </main>
      <footer className="window-foot">
        <span className="fill" />
        <Button onPress={() => void collect()}>{t('doctor.report')}</Button>
        <Button onPress={close}>{t('button.close')}</Button>
      </footer>
    </div>
  )
}

function Findings(props: {
  readonly diagnosis: Diagnosis
  readonly busy: boolean
  readonly onMend: (finding: Finding) => void
}) {
  const { findings, checks } = props.diagnosis
  const { t } = useWords()
  const wrong = new Set(findings.map(({ kind }) => findingTable[kind].check))
  const fine = checks.filter((check) => !wrong.has(check))
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) groups.set(finding.uuid ?? '', [...(groups.get(finding.uuid ?? '') ?? []), finding])
  return (
    <>
      {[...groups].map(([uuid, some]) => (
        <section key={uuid} aria-label={some[0]?.values['name'] ?? t('doctor.machine')}>
          <h2>{uuid === '' ? t('doctor.machine') : (some[0]?.values['name'] ?? '')}</h2>
          {some.map((finding) => (
            <FindingCard key={`${finding.kind} ${finding.subject}`} finding={finding} {...props} />
          ))}
        </section>
      ))}
      {fine.length > 0 && (
        <section aria-label={t('doctor.checks')}>
          <h2>{t('doctor.checks')}</h2>
          <ul className="doctor-fine">
            {fine.map((check) => (
              <li key={check}>
                <Icon name="check" />
                {t(`doctor.check-${check}`)}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

function FindingCard(props: {
  readonly finding: Finding
  readonly busy: boolean
  readonly onMend: (finding: Finding) => void
}) {
  const { finding, busy } = props
  const { t } = useWords()
  const client = useClient()
  const { severity, mend } = findingTable[finding.kind]
  const words = findingText(finding, t.language)
  const name = finding.values['name'] ?? ''
  return (
    <div className={`finding ${severity}`}>
      <Icon name={icons[severity]} />
      <div className="finding-words selectable">
        <p className="finding-cause">
          <span className="visually-hidden">{t(`doctor.severity-${severity}`)}: </span>
          {words.cause}
        </p>
        <p>{words.consequence}</p>
        <p className="muted">{words.action}</p>
      </div>
      {mend === 'mend' && words.mend !== undefined && (
        <Button disabled={busy} onPress={() => props.onMend(finding)}>
          {words.mend}
        </Button>
      )}
      {mend === 'storage' && (
        <Button onPress={() => void client.call('windowOpen', { view: 'host', uuid: null, page: 'storage' })}>
          {t('mend.storage')}
        </Button>
      )}
      {mend === 'open' && finding.uuid !== null && (
        <Button
          onPress={() => void client.call('windowOpen', { view: 'domain', uuid: finding.uuid, page: pageOf(finding.kind) })}
        >
          {t('doctor.open', { name })}
        </Button>
      )}
    </div>
  )
}
