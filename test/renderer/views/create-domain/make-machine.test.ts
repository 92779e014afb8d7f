// Create: in which order what is asked, and that nothing is defined of a machine whose disk is not there.

import { describe, expect, it } from 'vitest'
import { ok } from '../../../../src-engine/public/result'
import { errorReport } from '../../../../src-main/public/error-code'
import { newDisk } from '../../../../src-renderer/features/disks/disk-form'
import { makeMachine, type Wanted } from '../../../../src-renderer/views/create-domain/make-machine'
import { fakeClient } from '../../client/fake-client'

const missing = errorReport('file-unreadable', { path: '/images/old.qcow2', detail: 'no such file or directory' })
const uuid = '11111111-2222-4333-8444-555555555555'

/** A configuration names its disks and their formats, seen by nobody. */
function wanted(start: boolean): Wanted {
  return {
    form: { name: 'a', os: '', kernel: '/kernel', ramdisk: '', cmdline: '', memoryMiB: 64, vcpus: 1 },
    devices: {
      disks: [{ ...newDisk('xvda'), source: 'file', path: '/images/old.qcow2', fileFormat: 'qcow2' }],
      nic: null,
      display: null,
    },
    origin: null,
    media: null,
    start,
    propose: async () => ({}),
    finished: (order) => order,
  }
}

describe('a machine that is to start', () => {
  it('is refused for a disk that is not there before anybody is asked whether a guest may write to it', async () => {
    const client = fakeClient({
      imageInspect: async () => ({ ok: false, error: missing }),
      domainDefine: async () => ok({ uuid }),
    })
    expect(await makeMachine(client, wanted(true))).toEqual(missing)
    expect(client.called).not.toContain('domainDefine')
  })

  it('is defined all the same where it is not started now: its disk may come later', async () => {
    const client = fakeClient({
      imageInspect: async () => ({ ok: false, error: missing }),
      domainDefine: async () => ok({ uuid }),
    })
    expect(await makeMachine(client, wanted(false))).toBeNull()
    expect(client.called).toEqual(['domainDefine'])
  })
})
