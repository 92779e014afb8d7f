// The inside of a make-believe guest: numbers that move as those of a small Linux would. Runs in: main (test driver), plain Node.
import { type Device, deviceKey } from '../../public/device'
import type { InspectPart, InspectReply, VcpuReply } from '../../public/inspect'

/** `seconds` it has run, of which the counters are made. */
export function testInspect(seconds: number, devices: readonly Device[], parts: readonly InspectPart[]): InspectReply {
  const per = (rate: number): number => Math.round(seconds * rate)
  const wants = (part: InspectPart): boolean => parts.includes(part)
  const ported = devices.filter(({ kind }) => kind !== 'vfb')
  return {
    systemTimeNs: `0x${BigInt(Math.round(seconds * 1e9)).toString(16)}`,
    ...(wants('counters') && {
      counters: [
        { kind: 'hypercall', name: 'sched_op', total: per(250) },
        { kind: 'hypercall', name: 'event_channel_op', total: per(120) },
        { kind: 'hypercall', name: 'set_timer_op', total: 0 },
        { kind: 'exit', name: 'budget', total: per(40) },
        { kind: 'exit', name: 'hypercall', total: per(370) },
        { kind: 'exit', name: 'hlt', total: per(5) },
        { kind: 'event', name: 'upcall', total: per(260) },
      ],
    }),
    ...(wants('ports') && {
      ports: [
        { port: 1, state: 'interdomain', vcpu: 0, remote: 0, use: 'store', pending: false, masked: false },
        { port: 2, state: 'interdomain', vcpu: 0, remote: 0, use: 'console', pending: false, masked: false },
        {
          port: 3,
          state: 'virq',
          vcpu: 0,
          remote: 0,
          use: 'VIRQ_TIMER',
          pending: Math.floor(seconds) % 2 === 0,
          masked: false,
        },
        ...ported.map((device, index) => ({
          port: 4 + index,
          state: 'interdomain' as const,
          vcpu: 0,
          remote: 0,
          use: deviceKey(device),
          pending: false,
          masked: false,
        })),
      ],
    }),
    ...(wants('grants') && {
      grants: {
        version: 1,
        frames: 1,
        mostFrames: 64,
        inUse: 2 + ported.length,
        entries: [0, 1, ...ported.map((_, index) => 8 + index)].map((ref) => ({
          ref,
          domid: 0,
          gfn: `0x${(0xfeff0 + ref).toString(16)}`,
          access: 'write' as const,
        })),
      },
    }),
    ...(wants('rings') && {
      rings: [
        { key: 'store', name: 'req', unit: 'bytes', size: 1024, produced: 2210, consumed: 2210 },
        { key: 'console', name: 'out', unit: 'bytes', size: 2048, produced: per(90), consumed: per(90) },
        ...ported.map((device) => {
          const done = per(80)
          const counts = { produced: done + (Math.round(seconds) % 5), consumed: done, answered: done }
          return { key: deviceKey(device), name: 'requests', unit: 'entries' as const, size: 32, ...counts }
        }),
      ],
    }),
    ...(wants('shared') && {
      shared: [
        { name: 'layout', value: '64-bit', note: { kind: 'mapped', value: '0xfefff' } },
        { name: 'wc_sec', value: '1795000000', note: { kind: 'wall-clock', value: '2026-11-18T03:06:40.000Z' } },
        { name: 'evtchn_pending', value: '–', note: { kind: 'ports', value: '0' } },
        {
          name: 'vcpu_info[0].time.system_time',
          value: `${Math.round(seconds * 1e9)} ns`,
          note: { kind: 'seconds', value: seconds.toFixed(3) },
        },
      ],
    }),
  }
}

export const testVcpu: VcpuReply = {
  mode: 64,
  registers: [
    { name: 'rip', value: '0xffffffff81c0a0c0', note: '' },
    { name: 'rax', value: '0x0', note: '' },
    { name: 'rsp', value: '0xffffffff82603e98', note: '' },
    { name: 'rflags', value: '0x246', note: 'CF PF AF ZF SF IF DF OF IOPL=0' },
    { name: 'cr3', value: '0x2a10000', note: '' },
    { name: 'gs', value: '0x0', note: 'base 0xffff88800fc00000 limit 0xffffffff' },
    { name: 'kernel_gs_base', value: '0xffff88800fc00000', note: '' },
  ],
  code: [
    { address: '0xffffffff81c0a0c0', bytes: 'fb', text: 'sti' },
    { address: '0xffffffff81c0a0c1', bytes: 'f4', text: 'hlt' },
    { address: '0xffffffff81c0a0c2', bytes: 'c3', text: 'ret' },
    {
      address: '0xffffffff81c0a0c3',
      bytes: '65 48 c7 84 25 00 6c 02 00 ff ff ff 7f',
      text: 'mov qword ptr gs:[rbp+0x26c00], 0x7fffffff',
    },
  ],
  stack: Array.from({ length: 24 }, (_, index) => ({
    address: `0xffffffff82603${(0xe98 + 8 * index).toString(16)}`,
    value: '0xffffffff81c0a3b6',
  })),
}
