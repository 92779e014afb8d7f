// The ACPI tables of a PVH guest: RSDP, XSDT, FADT, MADT, DSDT, FACS, as libxl's guests have them, with two differences:
// the MADT does not claim an 8259 (PCAT_COMPAT clear), so that Linux probes, finds none, and never programs a phantom
// one; and the DSDT lists its processors plainly, without the page of hotplug state.
// A MADT is not optional: without one Linux never sets up the Xen timer. No \_S5: a guest powers off by halting.
// Spec: ACPI 5.1; xen-guest-abi.md 1.6. Runs in: the domain's process, main thread.

const OEM_ID = 'Xen'
const OEM_TABLE_ID = 'HVM'
const CREATOR_ID = 'RMST'
const HEADER_SIZE = 36
const LAPIC_ADDRESS = 0xfee0_0000

/** FADT flags, ACPI 5.1 table 5-35. */
const FADT_FLAG = {
  WBINVD: 1 << 0,
  PROC_C1: 1 << 2,
  PWR_BUTTON: 1 << 4,
  SLP_BUTTON: 1 << 5,
  FIX_RTC: 1 << 6,
  TMR_VAL_EXT: 1 << 8,
  USE_PLATFORM_CLOCK: 1 << 15,
} as const
/** FADT IAPC_BOOT_ARCH: with both of these set Linux knows a PVH machine even when booted through GRUB. */
const BOOT_ARCH = { NO_VGA: 1 << 2, NO_CMOS_RTC: 1 << 5 } as const

/** FADT revision 5: [offset, width, value]; what is not listed is 0. The PM ports are claimed and answer all ones. */
const FADT_FIELDS = [
  [46, 2, 9], // SCI_INT
  [56, 4, 0xb000], // PM1a_EVT_BLK
  [64, 4, 0xb004], // PM1a_CNT_BLK
  [80, 4, 0xafe0], // GPE0_BLK
  [88, 1, 4], // PM1_EVT_LEN
  [89, 1, 2], // PM1_CNT_LEN
  [92, 1, 4], // GPE0_BLK_LEN
  [96, 2, 0xfff], // P_LVL2_LAT: beyond 100 means no C2
  [98, 2, 0xfff], // P_LVL3_LAT: beyond 1000 means no C3
  [109, 2, BOOT_ARCH.NO_VGA | BOOT_ARCH.NO_CMOS_RTC],
  [112, 4, Object.values(FADT_FLAG).reduce((all, flag) => all | flag, 0)],
  [116, 4, 0x0100_0801], // RESET_REG: I/O space, 8 bits, byte access...
  [120, 4, 0xcf9], // ...at this port
  [128, 1, 6], // RESET_VALUE
  [148, 4, 0x0300_2001], // X_PM1a_EVT_BLK
  [152, 4, 0xb000],
  [172, 4, 0x0200_1001], // X_PM1a_CNT_BLK
  [176, 4, 0xb004],
  [220, 4, 0x0300_2001], // X_GPE0_BLK
  [224, 4, 0xafe0],
] as const
const FADT_SIZE = 268
const FADT_DSDT = 40
const FADT_FACS = 36
const FADT_X_DSDT = 140

export interface AcpiTables {
  /** All tables in one piece, to be placed at the base they were made for. */
  readonly bytes: Uint8Array
  readonly rsdp: number
  /** The RSDP alone, for guests that look for it in low memory only. */
  readonly rsdpBytes: Uint8Array
}

export function makeAcpiTables(base: number, vcpus: number): AcpiTables {
  const bytes: number[] = []
  /** Appends at a 64-byte boundary (the FACS needs it) and returns the guest physical address. */
  const place = (table: Uint8Array): number => {
    while (bytes.length % 64) bytes.push(0)
    const address = base + bytes.length
    for (const byte of table) bytes.push(byte)
    return address
  }
  const facs = place(makeFacs())
  const dsdt = place(makeDsdt(vcpus))
  const fadt = place(makeFadt(facs, dsdt))
  const madt = place(makeMadt(vcpus))
  const xsdt = place(makeIndex('XSDT', [fadt, madt], 8))
  const rsdt = place(makeIndex('RSDT', [fadt, madt], 4))
  const rsdpBytes = makeRsdp(rsdt, xsdt)
  const rsdp = place(rsdpBytes)
  return { bytes: Uint8Array.from(bytes), rsdp, rsdpBytes }
}

function makeRsdp(rsdt: number, xsdt: number): Uint8Array {
  const bytes = new Uint8Array(36)
  const view = new DataView(bytes.buffer)
  putText(bytes, 0, 'RSD PTR ')
  putText(bytes, 9, OEM_ID)
  bytes[15] = 2
  view.setUint32(16, rsdt, true)
  view.setUint32(20, bytes.length, true)
  view.setUint32(24, xsdt, true)
  bytes[8] = checksum(bytes.subarray(0, 20)) // of the ACPI 1.0 part
  bytes[32] = checksum(bytes) // of everything
  return bytes
}

/** RSDT or XSDT: addresses of the other tables. */
function makeIndex(signature: string, tables: readonly number[], width: 4 | 8): Uint8Array {
  return makeTable(signature, 1, HEADER_SIZE + tables.length * width, (view) => {
    tables.forEach((address, index) => {
      view.setUint32(HEADER_SIZE + index * width, address, true)
    })
  })
}

function makeFadt(facs: number, dsdt: number): Uint8Array {
  return makeTable('FACP', 5, FADT_SIZE, (view) => {
    for (const [offset, width, value] of FADT_FIELDS) {
      if (width === 1) view.setUint8(offset, value)
      else if (width === 2) view.setUint16(offset, value, true)
      else view.setUint32(offset, value, true)
    }
    view.setUint32(FADT_FACS, facs, true)
    view.setUint32(FADT_DSDT, dsdt, true)
    view.setUint32(FADT_X_DSDT, dsdt, true)
  })
}

/** One local APIC per vcpu: acpi_processor_id is the vcpu id (Linux takes it for the Xen vcpu id), apic_id twice that. */
function makeMadt(vcpus: number): Uint8Array {
  const entries = HEADER_SIZE + 8
  return makeTable('APIC', 2, entries + vcpus * 8, (view) => {
    view.setUint32(HEADER_SIZE, LAPIC_ADDRESS, true)
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      const at = entries + vcpu * 8
      view.setUint8(at, 0) // processor local APIC
      view.setUint8(at + 1, 8)
      view.setUint8(at + 2, vcpu)
      view.setUint8(at + 3, vcpu * 2)
      view.setUint32(at + 4, 1, true) // enabled
    }
  })
}

function makeFacs(): Uint8Array {
  const bytes = new Uint8Array(64)
  putText(bytes, 0, 'FACS')
  bytes[4] = bytes.length
  bytes[32] = 2 // version
  return bytes
}

/** AML opcodes, ACPI 5.1 table 20-441. */
const AML = { NAME: 0x08, BYTE: 0x0a, STRING: 0x0d, SCOPE: 0x10, EXT: 0x5b, DEVICE: 0x82 } as const

/** Scope (\_SB) { Device (PRnn) { Name (_HID, "ACPI0007") Name (_UID, nn) } ... } */
function makeDsdt(vcpus: number): Uint8Array {
  const processors: number[] = []
  for (let vcpu = 0; vcpu < vcpus; vcpu++) {
    const name = `PR${vcpu.toString(16).toUpperCase().padStart(2, '0')}`
    const body = [
      ...latin(name),
      ...[AML.NAME, ...latin('_HID'), AML.STRING, ...latin('ACPI0007'), 0],
      ...[AML.NAME, ...latin('_UID'), AML.BYTE, vcpu],
    ]
    processors.push(AML.EXT, AML.DEVICE, ...packageLength(body.length), ...body)
  }
  const body = [...latin('\\_SB_'), ...processors]
  const code = [AML.SCOPE, ...packageLength(body.length), ...body]
  return makeTable('DSDT', 2, HEADER_SIZE + code.length, (_view, bytes) => bytes.set(code, HEADER_SIZE))
}

/** AML PkgLength: counts itself. One byte up to 63, else a low nibble and more bytes. */
function packageLength(bodyLength: number): number[] {
  if (bodyLength + 1 < 0x40) return [bodyLength + 1]
  const length = bodyLength + 2
  if (length < 0x1000) return [0x40 | (length & 15), length >> 4]
  const longer = bodyLength + 3
  return [0x80 | (longer & 15), (longer >> 4) & 255, longer >> 12]
}

function makeTable(
  signature: string,
  revision: number,
  size: number,
  fill: (view: DataView, bytes: Uint8Array) => void,
): Uint8Array {
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  putText(bytes, 0, signature)
  view.setUint32(4, size, true)
  bytes[8] = revision
  putText(bytes, 10, OEM_ID)
  putText(bytes, 16, OEM_TABLE_ID)
  putText(bytes, 28, CREATOR_ID)
  fill(view, bytes)
  bytes[9] = checksum(bytes)
  return bytes
}

/** The byte that makes the sum of all bytes 0; its own place must still be 0. */
function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (const byte of bytes) sum += byte
  return -sum & 0xff
}

function putText(bytes: Uint8Array, at: number, text: string): void {
  bytes.set(latin(text), at)
}

function latin(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0))
}
