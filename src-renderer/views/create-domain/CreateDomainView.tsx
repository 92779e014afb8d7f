// A new virtual machine, on one page: a guest the app makes itself with one press, or one's own, filled in from an ISO image, a tree of the network, a kernel, an image,
// a disk, a configuration or a template as far as can be, devices included. Errors of a field are shown once it was touched or Create was pressed.
// Invariant: the window closes itself only when the machine is defined; a refusal keeps everything that was typed, and Escape asks before it is gone.
// Runs in: create-domain window.

import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react'
import type { ConfigNote } from '../../../src-main/public/config-note'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { AtConnection, useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { Button } from '../../components/Button'
import { Check } from '../../components/Check'
import { DropCover } from '../../components/FileDrag'
import { useWords } from '../../components/Language'
import { Progress } from '../../components/Progress'
import { Activity } from '../../features/activity/Activity'
import { ConnectionSelect } from '../../features/connection/ConnectionSelect'
import { useConnectionTitle } from '../../features/connection/use-connection-title'
import { ConfigNotes } from '../../features/definition/notes'
import { allowing, checkBegunDisk, checkDisk, type DiskForm, isKnown, newDisk, otherFile } from '../../features/disks/disk-form'
import { useBackingQuestion } from '../../features/disks/use-backing-question'
import { useDiskKernel } from '../../features/disks/use-disk-kernel'
import { useImageLook } from '../../features/disks/use-image-look'
import { displayOfKey } from '../../features/display/display-form'
import { newNic } from '../../features/nics/nic-form'
import { useDomainsHere, useHost, usePreferences } from '../../state/answers'
import { useAppState } from '../../state/store'
import {
  checkForm,
  DEFAULT_CMDLINE,
  type DevicesForm,
  devicesAreRight,
  FIELDS,
  type FieldName,
  type Form,
  fieldOf,
  freeName,
  limitsOf,
  type Order,
  orderOf,
} from './check-form'
import { DeviceSections } from './DeviceSections'
import { type DroppedConfig, type DroppedFiles, useDropped } from './dropped'
import { filledIn, startingMedia, useFilledIn } from './filled-in'
import { MachineFields } from './MachineFields'
import type { RefusedMedia } from './MediaFields'
import { makeMachine } from './make-machine'
import { canBeLooked, fieldsOf, installing, type Media, mediaWay, withMedia } from './media'
import { OriginFields } from './OriginFields'
import { OtherConfigs } from './OtherConfigs'
import { OwnKernelFields } from './OwnKernelFields'
import { DISK_CMDLINE, type Filled, fromConfig, kernelInUse, type Origin, type Way } from './origin'
import {
  beginsWithDisk,
  bootDisk,
  fillsOwnKernel,
  insteadOfLook,
  type KernelFrom,
  kernelFrom,
  lookedAt,
  startingFiles,
  startingItsDisk,
  withOwnKernel,
} from './own-kernel'
import { useProposals } from './proposals'
import { ReadyGuest } from './ReadyGuest'
import { type ShownOrder, ShownTexts } from './ShownTexts'
import { summaryOf } from './summary'
import { useFileLook } from './use-file-look'
import { useLeaving } from './use-leaving'
import './create-domain.css'
import { Refusal } from '../../remedy/Refusal'

/** The first field that is wrong comes in sight, once it is drawn as such. */
function focusInvalid(): void {
  requestAnimationFrame(() => {
    const input = document.querySelector('form [aria-invalid="true"]')
    if (input instanceof HTMLElement) input.focus()
  })
}

export function CreateDomainView() {
  const [connection, setConnection] = useState(useClient().connection)
  return (
    <AtConnection connection={connection}>
      <CreateDomainForm connection={connection} onConnection={setConnection} />
    </AtConnection>
  )
}

function CreateDomainForm(props: {
  readonly connection: string | undefined
  readonly onConnection: (connection: string | undefined) => void
}) {
  const { t, formats } = useWords()
  const client = useClient()
  const ready = useAppState((state) => state.ready)
  const domains = useDomainsHere()
  const host = useHost()
  const names = useMemo(() => domains.map(({ name }) => name), [domains])
  const macs = useMemo(
    () =>
      new Set(
        domains.flatMap(({ config }) => (config?.devices ?? []).flatMap((each) => (each.kind === 'vif' ? each.mac : []))),
      ),
    [domains],
  )

  const [edits, setEdits] = useState<Partial<Form>>({})
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set())
  const { newMemoryMiB, newNetwork, newScreen, newDiskGiB, newDiskFormat } = usePreferences()
  const [parts, setParts] = useState<DevicesForm>(() => ({ disks: [], nic: null, display: displayOfKey(newScreen) ?? null }))
  const [start, setStart] = useState(true)
  const [way, setWay] = useState<Way>('kernel')
  const [chosenFrom, setChosenFrom] = useState<KernelFrom | null>(null)
  /** The ISO image or the address of a tree, as typed. */
  const [mediaPath, setMediaPath] = useState('')
  const [media, setMedia] = useState<Media | null>(null)
  const [refusedMedia, setRefusedMedia] = useState<RefusedMedia | null>(null)
  /** The one for which Create was pressed before it had been looked into. */
  const [awaited, setAwaited] = useState<string | null>(null)
  const [origin, setOrigin] = useState<Origin | null>(null)
  const [notes, setNotes] = useState<readonly ConfigNote[]>([])
  /** Dropped beside the one that the page shows. */
  const [leftConfigs, setLeftConfigs] = useState<readonly DroppedConfig[]>([])
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const [busy, setBusy] = useState(false)
  /** Something was typed, chosen or dropped, which would be gone with the window. */
  const [begun, setBegun] = useState(false)
  /** One of the app's own guests is being made. */
  const [making, setMaking] = useState(false)

  useConnectionTitle(t('window.create'))

  const proposedName = useMemo(() => freeName(names), [names])
  const typed: Form = {
    name: proposedName,
    os: '',
    kernel: '',
    ramdisk: '',
    cmdline: DEFAULT_CMDLINE,
    memoryMiB: newMemoryMiB,
    vcpus: 1,
    ...edits,
  }
  const filledOwn = fillsOwnKernel(origin)
  const mayStartDisk = beginsWithDisk(way) || filledOwn
  const startsFrom = bootDisk(parts.disks)
  const look = useDiskKernel(mayStartDisk ? lookedAt(startsFrom) : undefined)
  const notLooked = insteadOfLook(startsFrom, useImageLook(startsFrom).failure, t)
  const from = mayStartDisk ? kernelFrom(chosenFrom, look, filledOwn) : 'files'
  const form = from === 'disk' ? withOwnKernel(typed, filledOwn) : typed
  const limits = limitsOf(host)
  const isFilled = (way === 'config' || way === 'template') && parts.disks.length > 0
  const errors = checkForm(form, names, limits, t, from === 'disk' || isFilled)
  const kinds = host?.limits.devices ?? []
  const { mac, paths, settled, propose } = useProposals(form.name, parts.disks, macs)
  // The network is there from the start, once it is known that there can be one and which address it has.
  const nic = parts.nic ?? (kinds.includes('vif') && mac !== '' ? { ...newNic(0, mac), network: newNetwork } : null)
  const devices: DevicesForm = { ...parts, nic }
  const looks = {
    kernel: useFileLook(form.kernel, 'kernel', t),
    ramdisk: useFileLook(form.ramdisk, 'ramdisk', t),
  }
  // What a machine from an ISO image or a tree boots is there: no kernel that was named before, and is out of sight, stands for it.
  const fromMedia = mediaWay(way)
  const named = mediaPath.trim()
  const mediaKnown = fromMedia === undefined || (media !== null && media.path === named)
  const isRight = devicesAreRight(devices, t) && mediaKnown && Object.keys(errors).length === 0
  const [first] = parts.disks
  const refusedField = refusal === null ? undefined : fieldOf(refusal, form)

  const errorOf = (field: FieldName): string | undefined => {
    if (refusal !== null && refusedField === field) return errorText(refusal, t.language).cause
    const typed = touched.has(field) ? errors[field] : undefined
    return typed ?? (field === 'kernel' || field === 'ramdisk' ? looks[field] : undefined)
  }
  /** What is done by hand, where the same is done for the user elsewhere. */
  const byHand =
    <T extends readonly unknown[]>(act: (...given: T) => void) =>
    (...given: T) => {
      setBegun(true)
      act(...given)
    }
  const touch = (field: string) => setTouched((before) => new Set(before).add(field))
  const edit = (change: Partial<Form>) => {
    setEdits((before) => ({ ...before, ...change }))
    setRefusal(null)
  }

  const finished = <T extends Order>(order: T): T => {
    if (media !== null) return installing(order)
    if (from === 'disk') return startingItsDisk(order)
    return filledOwn ? startingFiles(order) : order
  }

  const browse = async (field: 'kernel' | 'ramdisk') => {
    const picked = await client.call('filePick', { kind: field, suggestedName: '' })
    if (picked.ok && picked.value.path !== null) {
      byHand(edit)(field === 'kernel' ? { kernel: picked.value.path } : { ramdisk: picked.value.path })
      touch(field)
    } else if (!picked.ok) setRefusal(picked.error)
  }

  const setFirstDisk = (change: Partial<DiskForm>) => {
    setParts((before) => {
      const [disk = newDisk('xvda', { sizeMiB: newDiskGiB * 1024 }), ...others] = before.disks
      return { ...before, disks: [{ ...disk, ...change }, ...others] }
    })
    setRefusal(null)
  }
  /** Another image or tree was named and looked into, or none is there any more. */
  const takeMedia = (next: Media | null) => {
    const change = { before: media, next }
    edit(fieldsOf(change, form, names, proposedName, limits.maxMemoryMiB))
    setParts((before) => withMedia(before, change, { newFormat: newDiskFormat, sizeMiB: newDiskGiB * 1024 }))
    setMedia(next)
  }
  /** A way that begins with a disk has one, and a kernel to read it with, if another machine has that. */
  const chooseWay = (next: Way) => {
    if (next === way) return
    if (fromMedia !== undefined) {
      takeMedia(null)
      setMediaPath('')
    }
    setWay(next)
    setChosenFrom(null)
    setOrigin(null)
    setNotes([])
    setRefusal(null)
    if (next === 'image' || next === 'disk') {
      setFirstDisk({ source: next === 'image' ? 'copy' : 'file' })
      const { cmdline = DEFAULT_CMDLINE } = edits
      edit({
        ...(typed.kernel === '' && kernelInUse(domains)),
        ...(cmdline === DEFAULT_CMDLINE && { cmdline: DISK_CMDLINE }),
      })
    } else if (first !== undefined && first.source !== 'new' && first.path === '') {
      setParts((before) => ({ ...before, disks: before.disks.slice(1) }))
    }
  }
  const fillIn = (filled: Filled, found: readonly ConfigNote[]) => {
    setEdits(filled.fields)
    setParts(filled.parts)
    setOrigin(filled.origin)
    setNotes(found)
    setTouched(new Set())
    setRefusal(null)
  }

  /** What was dropped comes in sight: the page begins with it, and has a field for it. */
  const take = ({ files, configs }: DroppedFiles) => {
    const [config, ...more] = configs
    if (config !== undefined) setLeftConfigs(more)
    const iso = config === undefined ? startingMedia(files) : undefined
    const others = files.filter((file) => file !== iso)
    const { fields } = filledIn(others, [])
    if (config !== undefined) {
      const { path, look } = config
      chooseWay('config')
      fillIn(fromConfig(look.config, look.text, names, path), look.notes)
    } else if (iso !== undefined) {
      chooseWay('iso')
      setMediaPath(iso.path)
    } else if (fields.kernel !== undefined && fromMedia !== undefined) chooseWay('kernel')
    else if (fields.kernel !== undefined && from === 'disk') setChosenFrom('files')
    edit(fields)
    setParts((before) => ({ ...before, disks: filledIn(others, before.disks).disks }))
  }
  useFilledIn((files) => byHand(take)({ files, configs: [] }))
  const drop = useDropped(byHand(take), setRefusal)

  const close = () => void client.call('windowClose', {})
  const leaving = useLeaving({ begun, busy, close })

  const submit = async (wanted: DevicesForm = devices) => {
    setTouched(new Set([...FIELDS, 'nic', ...wanted.disks.map(({ dev }) => dev)]))
    if (!mediaKnown && canBeLooked(fromMedia, named) && refusedMedia?.path !== named) return setAwaited(named)
    if (!isRight) return focusInvalid()
    setBusy(true)
    const refused = await makeMachine(client, { form, devices: wanted, origin, media, start, propose, finished })
    if (refused === null) return close()
    setBusy(false)
    setRefusal(refused)
  }

  const goOn = useRef(submit)
  goOn.current = submit
  const isLooked = mediaKnown || refusedMedia?.path === named
  useEffect(() => {
    if (awaited === null || (awaited === named && !isLooked)) return
    setAwaited(null)
    // Another one that was typed meanwhile is not what was asked for.
    if (awaited === named) void goOn.current()
  }, [awaited, named, isLooked])

  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    void submit()
  }
  const backing = useBackingQuestion(
    refusal,
    () => setRefusal(null),
    (dev, path) => {
      const disks = allowing(parts.disks, dev, path)
      setParts((before) => ({ ...before, disks }))
      void submit({ ...devices, disks })
    },
    (dev) => parts.disks.some((disk) => disk.dev === dev && disk.source === 'copy'),
  )

  const known = devices.disks.every(isKnown) ? { ...devices, disks: devices.disks.filter(isKnown) } : null
  const plain = isRight && known !== null ? orderOf(form, known, ({ dev }) => paths[dev] ?? '', origin) : null
  const order: ShownOrder | null = plain === null || media === null ? plain && finished(plain) : { ...finished(plain), media }
  // What was shown stays until all of what is new is known: half of it would be a command for another machine.
  const lastShown = useRef(order)
  if (!isRight || (known !== null && settled)) lastShown.current = order
  const shown = lastShown.current

  const drops = busy || making || backing.question !== null ? {} : drop.handlers
  return (
    <form className="create" onSubmit={onSubmit} noValidate {...drops}>
      <div className="create-main">
        <div className="create-body">
          <ConnectionSelect value={props.connection} onChange={props.onConnection} />
          {(['demo', 'debian'] as const).map((kind) => (
            <ReadyGuest key={kind} kind={kind} host={host} busy={busy || making} onBusy={setMaking} onRefusal={setRefusal} />
          ))}

          <h2 className="create-section">{t('create.own-title')}</h2>
          <OriginFields
            way={way}
            taken={names}
            disk={parts.disks[0]}
            diskError={first && (touched.has(first.dev) ? checkDisk : checkBegunDisk)(first, t).path}
            media={{
              path: mediaPath,
              media,
              refused: refusedMedia,
              shown: touched.has('kernel'),
              onPath: byHand(setMediaPath),
              onMedia: takeMedia,
              onRefused: setRefusedMedia,
            }}
            configFile={origin?.file}
            onWay={chooseWay}
            onDisk={byHand((path) => setFirstDisk(otherFile(path)))}
            onFilled={byHand(fillIn)}
            onRefusal={setRefusal}
          />
          <ConfigNotes notes={notes} />
          <OtherConfigs
            file={origin?.file ?? ''}
            others={leftConfigs}
            disabled={busy || making}
            onLeft={setLeftConfigs}
            onRefusal={setRefusal}
          />
          {mayStartDisk && <OwnKernelFields from={from} look={look} instead={notLooked} onChange={setChosenFrom} />}
          <MachineFields
            form={ready || edits.name !== undefined ? form : { ...form, name: '' }}
            host={host}
            limits={limits}
            errorOf={errorOf}
            withoutKernel={fromMedia !== undefined || from === 'disk'}
            ownKernel={from === 'disk'}
            onEdit={byHand(edit)}
            onTouch={touch}
            onBrowse={(field) => void browse(field)}
          />
          <DeviceSections
            kinds={kinds}
            form={devices}
            name={form.name}
            proposed={paths}
            shown={(device) => touched.has(device)}
            mac={mac}
            onTouch={touch}
            onChange={byHand((change) => {
              setParts((before) => ({ ...before, ...change }))
              setRefusal(null)
            })}
          />
          <ShownTexts summary={summaryOf(form, devices, t, formats)} order={shown} origin={origin?.text} start={start} />
          <Refusal error={refusedField === undefined ? backing.other : null} onChange={setRefusal} />
        </div>
        {busy && <Activity uuid={null} />}
      </div>
      {backing.question}
      {leaving}
      <DropCover words={drop.over ? t('create.drop') : null} />
      <footer className="window-foot">
        <Check label={t('create.start')} value={start} onChange={setStart} />
        <span className="fill">{busy && <Progress label={t('job.create', { subject: form.name })} fraction={null} />}</span>
        <Button onPress={close}>{t('button.cancel')}</Button>
        <Button kind="primary" submit disabled={busy || making || awaited !== null}>
          <span className="same-width">
            <span aria-hidden={!start}>{t('create.button-start')}</span>
            <span aria-hidden={start}>{t('create.button')}</span>
          </span>
        </Button>
      </footer>
    </form>
  )
}
