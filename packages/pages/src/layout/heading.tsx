import { useContext, useEffect, useRef, type ReactElement, type ReactNode } from 'react'
import { ConfigContext } from '../config.ts'

/** The first heading after a load leaves the focus where the browser put it. */
let shown = false

/** The one h1 of a page. It names the tab, and takes the focus when it comes without a load, so that it is read out. */
export function Heading(props: {
  readonly children: string
  readonly lead?: ReactNode
  readonly takesFocus?: boolean
}): ReactElement {
  const heading = useRef<HTMLHeadingElement>(null)
  const appName = useContext(ConfigContext)?.appName
  useEffect(() => {
    document.title = appName === undefined ? props.children : `${props.children} · ${appName}`
  }, [props.children, appName])
  const takesFocus = props.takesFocus ?? true
  useEffect(() => {
    if (takesFocus && shown) heading.current?.focus()
    shown = true
  }, [takesFocus])
  return (
    <div className="mb-7">
      <h1 ref={heading} tabIndex={-1} className="text-[1.75rem]/9 font-semibold tracking-[-0.022em] text-balance">
        {props.children}
      </h1>
      {props.lead !== undefined && <p className="mt-2 text-[0.9375rem]/6 text-pretty text-muted">{props.lead}</p>}
    </div>
  )
}
