import { useId, type ReactElement, type ReactNode, type Ref } from 'react'

export function Section(props: {
  readonly title: string
  readonly lead?: ReactNode
  readonly action?: ReactNode
  readonly headingRef?: Ref<HTMLHeadingElement>
  readonly children?: ReactNode
}): ReactElement {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className="rounded-3xl border border-line bg-surface px-5 py-6 shadow-lift sm:px-8 sm:py-7"
    >
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h2 id={id} ref={props.headingRef} tabIndex={-1} className="text-lg font-semibold tracking-tight">
            {props.title}
          </h2>
          {props.lead !== undefined && <p className="mt-0.5 text-sm text-muted">{props.lead}</p>}
        </div>
        {props.action !== undefined && <div className="flex flex-wrap gap-2">{props.action}</div>}
      </div>
      {props.children}
    </section>
  )
}
