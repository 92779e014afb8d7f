// What becomes of files that were dropped onto a machine: a kernel or ramdisk of its next start, new disks, or another configuration.
// Invariant: nothing changes before *Change*; a refusal keeps the rest to be tried again, and each change can be undone.
// Runs in: manager window.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { deviceKey } from '../../../src-main/public/device'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { useClientAt } from '../../client/Client'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { useWords } from '../../components/Language'
import { useDefinitionUndo } from '../../features/definition/use-definition-undo'
import { type DiskForm, devsOf, diskOf, diskOfFile, freeDev } from '../../features/disks/disk-form'
import { lookInto } from '../../features/disks/look-into'
import { useBackingQuestion } from '../../features/disks/use-backing-question'
import { lastPart } from '../../lib/path'
import { someNames } from '../../lib/some-names'
import { Refusal } from '../../remedy/Refusal'
import { connectionOf } from '../../state/app-state'
import { offerUndo, useAppStore } from '../../state/store'
import type { DroppedOn } from './file-drop'

export function DropOnDomain(props: { readonly dropped: DroppedOn; readonly onClose: () => void }) {
  const { onClose } = props
  const { domain, files, config, others } = props.dropped
  const { uuid, name } = domain
  const { t } = useWords()
  const client = useClientAt(connectionOf(domain))
  const store = useAppStore()
  const undoably = useDefinitionUndo(domain)
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const [busy, setBusy] = useState(false)
  const [given, setGiven] = useState<ReadonlySet<string>>(new Set())
  const [allowed, setAllowed] = useState<Readonly<Record<string, readonly string[]>>>({})

  // A configuration says all of these itself; given beside it they would be lost when it becomes the definition.
  const parts = config === null ? files : []
  const left = config === null ? [] : [...files.map(({ path }) => lastPart(path)), ...others]
  const kernel = parts.find(({ kind }) => kind === 'kernel')?.path
  const ramdisk = parts.find(({ kind }) => kind === 'ramdisk')?.path
  const images = parts.filter(({ kind }) => kind === 'disk').map(({ path }) => path)
  const { data: disks } = useQuery({
    queryKey: ['dropped', uuid, ...images],
    gcTime: 0,
    queryFn: async (): Promise<readonly DiskForm[]> => {
      const taken = devsOf([...(domain.config?.devices ?? []), ...(domain.running?.devices ?? [])])
      const forms: DiskForm[] = []
      for (const path of images) {
        const dev = freeDev([...taken, ...forms.map((form) => form.dev)])
        const image = await client.call('imageInspect', { path })
        if (dev !== undefined) forms.push(diskOfFile(dev, path, image.ok ? image.value.format : null))
      }
      return forms
    },
  })

  /** After the disks, which are definitions of their own: undone in turn, each finds the one it left. */
  const redefine = async (): Promise<boolean> => {
    if (config !== null) {
      const result = await client.call('configDefine', { uuid, text: config.text, start: false })
      if (!result.ok) setRefusal(result.error)
      return result.ok
    }
    const info = await client.call('domainInfo', { uuid })
    const base = info.ok ? info.value.config : null
    if (base === null) {
      if (!info.ok) setRefusal(info.error)
      return info.ok
    }
    const wanted = { ...base, ...(kernel !== undefined && { kernel }), ...(ramdisk !== undefined && { ramdisk }) }
    const result = await client.call('domainRedefine', { uuid, config: wanted, base })
    if (!result.ok) setRefusal(result.error)
    return result.ok
  }
  const give = async (form: DiskForm, allowedNow: typeof allowed): Promise<boolean> => {
    const known = await lookInto(client, form)
    if (!known.ok) {
      setRefusal(known.error)
      return false
    }
    const { disk } = diskOf({ ...known.value, allowedBacking: [...(allowedNow[form.dev] ?? [])] }, '')
    const result = await client.call('deviceAttach', { uuid, device: disk })
    if (!result.ok) {
      setRefusal(result.error)
      return false
    }
    setGiven((before) => new Set([...before, form.dev]))
    const key = deviceKey(disk)
    offerUndo(store, t('undo.disk', { name, dev: form.dev }), () => client.call('deviceDetach', { uuid, key, force: false }))
    return true
  }
  const redefines = config !== null || kernel !== undefined || ramdisk !== undefined
  const apply = async (allowedNow = allowed) => {
    setBusy(true)
    setRefusal(null)
    let done = true
    for (const form of disks ?? []) done = done && (given.has(form.dev) || (await give(form, allowedNow)))
    if (done && redefines) done = await undoably(redefine)
    setBusy(false)
    if (done) onClose()
  }

  const backing = useBackingQuestion(
    refusal,
    () => setRefusal(null),
    (dev, path) => {
      const next = { ...allowed, [dev]: [...(allowed[dev] ?? []), path] }
      setAllowed(next)
      void apply(next)
    },
  )
  const instead = (path: string | null | undefined) => (!path ? '' : t('dropped.instead', { path }))
  return (
    <Dialog
      title={t('dropped.title', { name })}
      width={560}
      onClose={onClose}
      onSubmit={() => void apply()}
      buttons={
        <>
          <span className="fill muted">{domain.running !== null && t('dropped.now')}</span>
          <Button onPress={onClose}>{t('button.cancel')}</Button>
          <Button kind="primary" submit autoFocus disabled={busy || disks === undefined}>
            {t('dropped.apply')}
          </Button>
        </>
      }
    >
      <dl className="dropped-files">
        {config !== null && <Line what={t('dropped.config')} path={config.name} note="" />}
        {kernel !== undefined && <Line what={t('dropped.kernel')} path={kernel} note={instead(domain.config?.kernel)} />}
        {ramdisk !== undefined && <Line what={t('dropped.ramdisk')} path={ramdisk} note={instead(domain.config?.ramdisk)} />}
        {disks?.map(({ dev, path, removable, readonly, fileFormat: format }) => (
          <Line
            key={dev}
            what={t(removable ? 'dropped.drive' : 'dropped.disk', { dev })}
            path={path}
            note={format === null ? '' : t(readonly ? 'dropped.read' : 'dropped.written', { format })}
          />
        ))}
      </dl>
      {left.length > 0 && <p className="muted">{t('dropped.left', { names: someNames(left, t) })}</p>}
      <Refusal error={backing.other} onChange={setRefusal} />
      {backing.question}
    </Dialog>
  )
}

function Line(props: { readonly what: string; readonly path: string; readonly note: string }) {
  return (
    <>
      <dt>{props.what}</dt>
      <dd>
        <span className="mono selectable">{props.path}</span>
        {props.note !== '' && <span className="muted">{props.note}</span>}
      </dd>
    </>
  )
}
