// The virtual networks. Runs in: networks window.
export function NetworksView() {
  return null
}
