import { createContext, useContext, useEffect, useRef, type Context, type ReactElement, type ReactNode } from 'react'
import { ConfigContext } from '../config.ts'

/** The first heading after a load leaves the focus where the browser put it. */
let shown = false

type Place = 'page' | 'dialog' | 'section'

/** The same questions are asked on a page of their own, in a dialog over another page, and below another heading. */
export const HeadingPlace: Context<Place> = createContext<Place>('page')

interface HeadingProps {
  readonly children: string
  readonly lead?: ReactNode
  readonly takesFocus?: boolean
}

/** The one h1 of a page. It names the tab, and takes the focus when it comes without a load, so that it is read out. In a dialog it is the dialog's name. */
export function Heading(props: HeadingProps): ReactElement {
  const place = useContext(HeadingPlace)
  return place === 'page' ? <PageHeading {...props} /> : <InnerHeading {...props} place={place} />
}

function PageHeading(props: HeadingProps): ReactElement {
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
      <Lead>{props.lead}</Lead>
    </div>
  )
}

function InnerHeading(props: HeadingProps & { readonly place: 'dialog' | 'section' }): ReactElement {
  const inDialog = props.place === 'dialog'
  return (
    <div className={inDialog ? 'mb-7 pr-8' : 'mb-5 border-t border-line pt-6'}>
      <h2
        id={inDialog ? 'dialog-title' : undefined}
        className={`font-semibold text-balance ${inDialog ? 'text-2xl tracking-[-0.022em]' : 'text-lg tracking-tight'}`}
      >
        {props.children}
      </h2>
      <Lead>{props.lead}</Lead>
    </div>
  )
}

function Lead(props: { readonly children: ReactNode }): ReactElement | null {
  if (props.children === undefined) return null
  return <p className="mt-2 text-[0.9375rem]/6 text-pretty text-muted">{props.children}</p>
}
