// A smaller picture of a screen, each pixel the mean of those it stands for. Runs in: the server's process.

export interface Picture {
  readonly pixels: Uint32Array
  readonly width: number
  readonly height: number
}

/** `pixels` are XRGB; a picture that is no wider than `width` stays as it is. */
export function shrink(picture: Picture, width: number): Picture {
  if (width >= picture.width || width < 1) return picture
  const height = Math.max(1, Math.round((picture.height * width) / picture.width))
  const small = new Uint32Array(width * height)
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * picture.height) / height)
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * picture.height) / height))
    for (let x = 0; x < width; x++) {
      const left = Math.floor((x * picture.width) / width)
      const right = Math.max(left + 1, Math.floor(((x + 1) * picture.width) / width))
      small[y * width + x] = mean(picture, left, top, right, bottom)
    }
  }
  return { pixels: small, width, height }
}

function mean({ pixels, width }: Picture, left: number, top: number, right: number, bottom: number): number {
  let [red, green, blue] = [0, 0, 0]
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const pixel = pixels[y * width + x] ?? 0
      red += (pixel >>> 16) & 0xff
      green += (pixel >>> 8) & 0xff
      blue += pixel & 0xff
    }
  }
  const count = (right - left) * (bottom - top)
  return ((Math.round(red / count) << 16) | (Math.round(green / count) << 8) | Math.round(blue / count)) >>> 0
}
