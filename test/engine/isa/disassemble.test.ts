// The disassembler: a table of encodings, and lengths and mnemonics against objdump over pieces of a Debian kernel (the
// demo guest's, where it has been fetched) or else of a program of this system.
// Runs in: vitest; the comparison needs binutils.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { unpackBzImage } from '../../../src-engine/builder/bzimage'
import { disassemble, type Mode } from '../../../src-engine/isa/disassemble'
import { count } from '../../support/tier'

const rows: readonly (readonly [bytes: string, mode: Mode, text: string])[] = [
  ['90', 64, 'nop'],
  ['f390', 64, 'pause'],
  ['4890', 64, 'xchg rax,rax'],
  ['4190', 64, 'xchg r8d,eax'],
  ['48894c2408', 64, 'mov [rsp+0x8],rcx'],
  ['488b0510000000', 64, 'mov rax,[rip+0x10]'],
  ['65488b0425280000', 64, '(bad)'],
  ['65488b042528000000', 64, 'mov rax,gs:[0x28]'],
  ['8b4dfc', 32, 'mov ecx,[ebp-0x4]'],
  ['6766c7003412', 64, 'mov [eax],0x1234'],
  ['40b6ff', 64, 'mov sil,0xff'],
  ['b6ff', 64, 'mov dh,0xff'],
  ['48b8efcdab8967452301', 64, 'movabs rax,0x123456789abcdef'],
  ['a0efcdab8967452301', 64, 'movabs al,ds:0x123456789abcdef'],
  ['4898', 64, 'cdqe'],
  ['eb0e', 64, 'jmp 0x1010'],
  ['0f84fafeffff', 64, 'jz 0xf00'],
  ['e3fe', 64, 'jrcxz 0x1000'],
  ['f348a5', 64, 'rep movs es:[rdi],ds:[rsi]'],
  ['f3a6', 32, 'repz cmps ds:[esi],es:[edi]'],
  ['f0480fb10a', 64, 'lock cmpxchg [rdx],rcx'],
  ['480fc70e', 64, 'cmpxchg16b [rsi]'],
  ['0f01c1', 64, 'vmcall'],
  ['0f01f8', 64, 'swapgs'],
  ['0f0138', 64, 'invlpg [rax]'],
  ['0f22d8', 64, 'mov cr3,rax'],
  ['440f20c0', 64, 'mov rax,cr8'],
  ['8ed8', 64, 'mov ds,ax'],
  ['ea785634120800', 32, 'jmp 0x8:0x12345678'],
  ['ea341200f0', 16, 'jmp 0xf000:0x1234'],
  ['8b4702', 16, 'mov ax,[bx+0x2]'],
  ['c8100001', 64, 'enter 0x10,0x1'],
  ['d9c9', 64, 'fxch st(1)'],
  ['dd4508', 64, 'fld [rbp+0x8]'],
  ['d9f3', 64, 'fpatan'],
  ['f30f1007', 64, 'movss xmm0,[rdi]'],
  ['66480f7ec0', 64, 'movq rax,xmm0'],
  ['0f6fc8', 64, 'movq mm1,mm0'],
  ['660f70d11b', 64, 'pshufd xmm2,xmm1,0x1b'],
  ['f30f1efa', 64, 'endbr64'],
  ['0faef0', 64, 'mfence'],
  ['480fae00', 64, 'fxsave64 [rax]'],
  ['37', 64, '(bad)'],
  ['37', 32, 'aaa'],
  ['63c8', 32, 'arpl ax,cx'],
  ['4863c8', 64, 'movsxd rcx,eax'],
]

describe('the disassembler', () => {
  it.each(rows)('reads %s in %i-bit code as "%s"', (bytes, mode, text) => {
    const found = disassemble(Uint8Array.from(Buffer.from(bytes, 'hex')), 0, mode, 0x1000n)
    expect(`${found.mnemonic} ${found.operands}`.trim()).toBe(text)
    expect(found.length).toBe(text === '(bad)' ? 1 : bytes.length / 2)
  })
})

/** Not in our CPUID, so not in the tables; a Debian kernel has them behind feature checks. */
const NOT_OFFERED =
  /^(v[a-z]|x(save|rstor|getbv|setbv)|rdtscp|rdp|rd(rand|seed|pid|fsbase|gsbase|pmc|pkru|ssp)|wr(fsbase|gsbase|pkru|ss|uss)|stac|clac|popcnt|crc32|clwb|clflushopt|invpcid|invept|invvpid|mwaitx?|monitorx?|pcommit|movbe|sh[lr]x|sarx|rorx|mulx|andn|bzhi|pext|pdep|bls|tzcnt|lzcnt|adcx|adox|aes|pclmul|sha|p(shufb|alignr|abs|sign|h(add|sub)|mulhrsw|maddubsw|blend|extr[bdq]|insr[bdq]|min|max|movsx|movzx|cmpeqq|cmpgtq|mulld|muldq|ackusdw|test)|insertps|extractps|blend|round|dpp|movntdqa|mpsadbw|movddup|movs[lh]dup|lddqu|addsub|hadd|hsub|gf2|endbr|seam|tdcall|enqcmds?|umwait|umonitor|tpause|serialize|incssp|saveprevssp|rstorssp|setssbsy|clrssbsy|prefetchwt1|getsec|clgi|stgi|skinit|pvalidate|rmp|psmash|vmgexit|tlbsync|invlpg[ab]|encls|enclu|movdir|ud1|ud0|wbnoinvd|k[a-z]+[bwdq]$|\(bad\)|cldemote|ptwrite|hreset|fisttp|bnd|sys(enter|exit))/
/** objdump's words for prefixes that mean nothing. */
const PREFIX_WORDS = /^(data16|addr32|cs|ds|es|ss|fs|gs|notrack|bnd|repnz|repz|rep|rex\.?[WRXB]*|lock|xacquire|xrelease)$/

/** The same name for the same thing: objdump's on the left of each pair. */
function plain(text: string): string {
  const words = text.trim().split(/\s+/)
  while (words.length > 1 && PREFIX_WORDS.test(words[0] ?? '')) words.shift()
  return (
    (words[0] ?? '')
      .replace(/^(j|set|cmov)nz$/, '$1ne')
      .replace(/^(j|set|cmov)z$/, '$1e')
      .replace(/^(ret|call|jmp|push|pop|iret|leave|enter|sysret|lret)[qwl]$/, '$1')
      .replace(/^(pushf|popf)[qwl]$/, '$1')
      .replace(/^xlatb?$/, 'xlat')
      .replace(/^prefetch.*$/, 'prefetch')
      .replace(/^(icebp|int1)$/, 'int1')
      .replace(/^(sgdt|sidt|lgdt|lidt)d$/, '$1')
      .replace(/^(cmp)(eq|lt|le|unord|neq|nlt|nle|ord)(ps|pd|ss|sd)$/, '$1$3')
      .replace(/^nop[wl]?$/, 'nop')
      .replace(/^retfq$/, 'retf')
      // F3 before BSF, BSR and VMMCALL makes other instructions only on processors that have them
      .replace(/^tzcnt$/, 'bsf')
      .replace(/^lzcnt$/, 'bsr')
      .replace(/^vmgexit$/, 'vmmcall')
  )
}

type Code = { readonly file: string; readonly section: string; readonly cleanUp: () => void }

function code(): Code | undefined {
  if (spawnSync('objdump', ['--version'], { stdio: 'ignore' }).status !== 0 || process.arch !== 'x64') return undefined
  const cache = path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'ringmaster/demo-guest/cloud')
  const kernel = fs.existsSync(cache) ? fs.readdirSync(cache).find((name) => name.startsWith('vmlinuz')) : undefined
  if (kernel === undefined) return { file: process.execPath, section: '.text', cleanUp: () => undefined }
  const unpacked = unpackBzImage(fs.readFileSync(path.join(cache, kernel)))
  if (!unpacked.ok) return undefined
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'disassemble-'))
  fs.writeFileSync(path.join(folder, 'vmlinux'), unpacked.value.elf)
  return {
    file: path.join(folder, 'vmlinux'),
    section: '.text',
    cleanUp: () => fs.rmSync(folder, { recursive: true, force: true }),
  }
}

const subject = code()
describe.skipIf(!subject)('beside objdump', () => {
  afterAll(() => subject?.cleanUp())
  const objdump = (args: readonly string[]): string =>
    spawnSync('objdump', [...args, subject?.file ?? ''], { encoding: 'utf8', maxBuffer: 1 << 29 }).stdout
  const pieces = count(4, 24)
  const LENGTH = 0x1_8000n

  it.each(Array.from({ length: pieces }, (_, i) => i))(
    'lengths and mnemonics are the same in piece %i of a kernel or program',
    (piece) => {
      const header = new RegExp(`\\s${subject?.section.replace('.', '\\.')}\\s+(\\w+)\\s+(\\w+)\\s+\\w+\\s+(\\w+)`).exec(
        objdump(['-h']),
      )
      const [size, vma, offset] = (header?.slice(1) ?? []).map((v) => BigInt(`0x${v}`))
      if (size === undefined || vma === undefined || offset === undefined) throw new Error('objdump shows no such section')
      const from = vma + (((size / BigInt(pieces)) * BigInt(piece)) / 16n) * 16n
      const text = objdump([
        '-d',
        '-M',
        'intel',
        '-z',
        '-w',
        '--no-show-raw-insn',
        `--start-address=${from}`,
        `--stop-address=${from + LENGTH}`,
        '-j',
        subject?.section ?? '',
      ])
      const all = [...text.matchAll(/^\s*([0-9a-f]+):\t(.*)$/gm)].map((m) => ({ at: BigInt(`0x${m[1]}`), text: m[2] ?? '' }))
      // From a function's start on: a piece may begin within an instruction, where objdump shows a prefix as an instruction.
      const start = all.findIndex(({ at }, i) => at % 16n === 0n && /^(ret|int3|nop|jmp)/.test(all[i - 1]?.text ?? ''))
      const lines = all.slice(start)
      const file = fs.openSync(subject?.file ?? '', 'r')
      const bytes = new Uint8Array(Number(LENGTH) + 16)
      fs.readSync(file, bytes, 0, bytes.length, Number(offset + from - vma))
      fs.closeSync(file)
      const wrong: string[] = []
      let compared = 0
      lines.forEach((line, i) => {
        const next = lines[i + 1]
        if (!next || next.at + 16n > from + LENGTH) return // the last ones are cut off
        const ours = disassemble(bytes, Number(line.at - from), 64, line.at)
        const theirs = plain(line.text)
        if (ours.mnemonic === '(bad)' && NOT_OFFERED.test(theirs)) return
        compared++
        if (ours.length === Number(next.at - line.at) && plain(ours.mnemonic) === theirs) return
        const raw = Buffer.from(bytes.subarray(Number(line.at - from), Number(next.at - from))).toString('hex')
        wrong.push(
          `${line.at.toString(16)} ${raw}: objdump "${line.text}", ours "${ours.mnemonic} ${ours.operands}" of ${ours.length}`,
        )
      })
      expect(wrong.slice(0, 20).join('\n')).toBe('')
      expect(compared).toBeGreaterThan(1000)
    },
  )
})
