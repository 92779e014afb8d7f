// DES against OpenSSL's triple DES with one key three times, which is DES; and the answer to a challenge as the RFC describes it.
import { createCipheriv } from 'node:crypto'
import { expect, it } from 'vitest'
import { desEncrypt, vncResponse } from '../../../src-engine/rfb/des'
import { random } from '../../support/pictures'

function openssl(key: Uint8Array, blocks: Uint8Array): Buffer {
  const cipher = createCipheriv('des-ede3', Buffer.concat([key, key, key]), null)
  cipher.setAutoPadding(false)
  return Buffer.concat([cipher.update(blocks), cipher.final()])
}

it('encrypts as OpenSSL does', () => {
  const next = random(1)
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256))
  for (let i = 0; i < 100; i++) {
    const key = bytes(8)
    const blocks = bytes(16)
    expect(Buffer.from(desEncrypt(key, blocks))).toEqual(openssl(key, blocks))
  }
  // The worked example that has been around since the seventies.
  const sample = desEncrypt(Buffer.from('133457799bbcdff1', 'hex'), Buffer.from('0123456789abcdef', 'hex'))
  expect(Buffer.from(sample).toString('hex')).toBe('85e813540f0ab405')
})

it('a password is its first eight bytes with the bits turned around', () => {
  const challenge = Uint8Array.from({ length: 16 }, (_, i) => i)
  const key = Uint8Array.from([0x86, 0x46, 0, 0, 0, 0, 0, 0])
  expect(Buffer.from(vncResponse('ab', challenge))).toEqual(openssl(key, challenge))
  expect(vncResponse('12345678', challenge)).toEqual(vncResponse('123456789', challenge))
})
