import { useEffect, useRef, type ReactElement } from 'react'

/**
 * Drawn from the bytes of the image: the policy of these pages lets no image come from anywhere but the server, and an address that makes this very image
 * would have to carry the secret.
 */
export function QrCode(props: { readonly dataUrl: string; readonly label: string }): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    let current = true
    const draw = async (): Promise<void> => {
      const image = await createImageBitmap(imageOf(props.dataUrl))
      const element = canvas.current
      if (!current || element === null) return
      element.width = image.width
      element.height = image.height
      element.getContext('2d')?.drawImage(image, 0, 0)
    }
    void draw()
    return () => {
      current = false
    }
  }, [props.dataUrl])
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={props.label}
      className="size-48 rounded-2xl border border-line bg-white p-1 [image-rendering:pixelated]"
    />
  )
}

function imageOf(dataUrl: string): Blob {
  const binary = atob(dataUrl.slice(dataUrl.indexOf(',') + 1))
  return new Blob([Uint8Array.from(binary, (character) => character.charCodeAt(0))], { type: 'image/png' })
}
