// The runner's words for disks, as far as no whole guest is needed to see what they become. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { parseDevice } from '../../../src-engine/process/guest-devices'

const file = (name: string): string => `/here/${name}`
const disk = (value: string) => parseDevice('--disk', value, [], file)

describe('--disk', () => {
  it('names what its image may refer to, as often as there are files', () => {
    expect(disk('a.qcow2,format=qcow2,backing=one.raw,backing=two.raw')).toMatchObject({
      ok: true,
      value: { path: '/here/a.qcow2', format: 'qcow2', allowedBacking: ['/here/one.raw', '/here/two.raw'] },
    })
    expect(disk('a.raw')).not.toMatchObject({ value: { allowedBacking: [] } })
  })

  it('says what happens when the host is full, once', () => {
    expect(disk('a.raw,enospace=stop')).toMatchObject({ ok: true, value: { enospace: 'stop' } })
    expect(disk('a.raw,enospace=wait')).toMatchObject({ ok: false })
    expect(disk('a.raw,enospace=stop,enospace=report')).toMatchObject({ ok: false })
  })
})
