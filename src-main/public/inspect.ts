// The inside of a guest as windows speak of it: the engine's shapes passed on. Runs in: main, preload, renderer. No platform.
export {
  GRANT_LIMIT,
  INSPECT_PARTS,
  type InspectPart,
  type InspectReply,
  inspectReplyShape,
  type VcpuReply,
  vcpuReplyShape,
} from '../../src-engine/public/protocol/inspect'
