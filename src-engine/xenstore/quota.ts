// How much of the store one guest may use. Domain 0 has no quota. Numbers are xenstored's defaults where it has one.
// Exceeding a quota is an error reply (ENOSPC, E2BIG), never more. Runs in: domain 0.

export const QUOTA = {
  /** Nodes owned by a domain, wherever they are. xenstored: quota-nb-entry 1000. ENOSPC. */
  nodes: 1000,
  /** Bytes of one value with its name; xenstored: quota-size 2048. ENOSPC. */
  value: 2048,
  /** Watches registered. xenstored: quota-nb-watch 128. E2BIG. */
  watches: 128,
  /** Open transactions. xenstored: quota-transaction 10. ENOSPC. */
  transactions: 10,
  /** Entries of a permission list. xenstored: quota-nb-perms 5. ENOSPC. */
  permissions: 5,
  /** Different nodes one transaction may touch. xenstored: quota-trans-nodes 1024. ENOSPC. */
  transactionNodes: 1024,
  /** Path segments below the root; ours: a tree walk must stay shallow. xenstored: path-max. E2BIG. */
  depth: 64,
  /** Changes one transaction may make (the same node again counts); ours: its log is kept until the end. ENOSPC. */
  transactionChanges: 4096,
  /** Watch events waiting for a guest that does not take them, and their bytes; ours. Later ones are dropped. */
  pendingEvents: 4096,
  pendingEventBytes: 1024 * 1024,
} as const
