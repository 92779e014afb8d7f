// The network interface: ring entries, flags, extra slots. Spec: Xen io/netif.h, xen-guest-abi.md 7.3. The same in both widths.
// A packet is one entry or several: the first has the size of all (TX) or of its part (RX), `more_data` says that another follows;
// with `extra_info` the next entry is an extra one of 8 bytes. Responses on the RX ring come in the order of the requests, one each.
// Runs in: anything.

/** Entries: the larger of request and response. */
export const NETIF_TX_ENTRY = 12
export const NETIF_RX_ENTRY = 8

/** gref u32, offset u16, flags u16, id u16, size u16; response: id u16, status s16 */
export const NETIF_TX_REQUEST = { gref: 0, offset: 4, flags: 6, id: 8, size: 10 } as const
export const NETIF_TX_RESPONSE = { id: 0, status: 2, size: 4 } as const
/** id u16, pad, gref u32; response: id u16, offset u16, flags u16, status s16 (bytes, or an error) */
export const NETIF_RX_REQUEST = { id: 0, gref: 4 } as const
export const NETIF_RX_RESPONSE = { id: 0, offset: 2, flags: 4, status: 6 } as const
/** type u8, flags u8, GSO: size u16, type u8, pad, features u16 */
export const NETIF_EXTRA = { type: 0, flags: 1, gsoSize: 2, gsoType: 4 } as const

export const XEN_NETTXF = { csum_blank: 1, data_validated: 2, more_data: 4, extra_info: 8 } as const
export const XEN_NETRXF = { data_validated: 1, csum_blank: 2, more_data: 4, extra_info: 8 } as const
export const XEN_NETIF_EXTRA_TYPE_GSO = 1
export const XEN_NETIF_EXTRA_FLAG_MORE = 1
export const XEN_NETIF_GSO_TYPE_TCPV4 = 1
export const XEN_NETIF_RSP = { OKAY: 0, ERROR: -1, DROPPED: -2, NULL: 1 } as const

/** Slots of one packet that every backend takes; extra ones do not count. */
export const XEN_NETIF_NR_SLOTS_MIN = 18
