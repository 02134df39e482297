import type { ReactElement, ReactNode } from 'react'

function Icon(props: { readonly className?: string; readonly children: ReactNode }): ReactElement {
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className={props.className ?? 'size-5 shrink-0'}
    >
      {props.children}
    </svg>
  )
}

export function KeyMark(): ReactElement {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className="size-8 shrink-0">
      <rect width="32" height="32" rx="9" className="fill-(--key-ground)" />
      <g fill="none" strokeWidth="2.6" strokeLinecap="round" strokeLinejoin="round" className="stroke-(--key)">
        <circle cx="12" cy="12" r="4.6" />
        <path d="m15.4 15.4 8.1 8.1m-3.4-3.4 2.6-2.6" />
      </g>
    </svg>
  )
}

export function LaptopIcon(): ReactElement {
  return (
    <Icon>
      <rect x="4" y="5" width="16" height="11" rx="2" />
      <path d="M2 19.5h20" />
    </Icon>
  )
}

export function PhoneIcon(): ReactElement {
  return (
    <Icon>
      <rect x="7" y="2.5" width="10" height="19" rx="2.5" />
      <path d="M11 18.5h2" />
    </Icon>
  )
}

export function AlertIcon(): ReactElement {
  return (
    <Icon className="mt-0.5 size-4 shrink-0">
      <circle cx="12" cy="12" r="9" />
      <path d="M12 7.5v5m0 3.5v.01" />
    </Icon>
  )
}

export function CheckIcon(): ReactElement {
  return (
    <Icon className="mt-0.5 size-4 shrink-0">
      <circle cx="12" cy="12" r="9" />
      <path d="m8 12.4 2.7 2.6L16 9.4" />
    </Icon>
  )
}

export function MailIcon(): ReactElement {
  return (
    <Icon>
      <rect x="3" y="5" width="18" height="14" rx="2.5" />
      <path d="m3.5 7.5 8.5 6 8.5-6" />
    </Icon>
  )
}

export function Spinner(): ReactElement {
  return (
    <Icon className="size-4 shrink-0 animate-spin">
      <path d="M12 3a9 9 0 1 1-9 9" />
    </Icon>
  )
}

export function CloseIcon(): ReactElement {
  return (
    <Icon>
      <path d="m6.5 6.5 11 11m0-11-11 11" />
    </Icon>
  )
}

export function PasskeyIcon(): ReactElement {
  return (
    <Icon>
      <circle cx="9.5" cy="7.5" r="3.75" />
      <path d="M2.75 20.5c0-4 2.75-6.5 6.75-6.5 1.2 0 2.3.2 3.25.65" />
      <circle cx="18" cy="13.5" r="2.75" />
      <path d="M18 16.25v5l1.5-1.25" />
    </Icon>
  )
}

export function LinkIcon(): ReactElement {
  return (
    <Icon>
      <path d="M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7L12 6.3" />
      <path d="M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7l1.1-1.1" />
    </Icon>
  )
}

export function ChevronIcon(): ReactElement {
  return (
    <Icon className="pointer-events-none absolute inset-y-0 right-4 my-auto size-4 text-muted">
      <path d="m6 9.5 6 6 6-6" />
    </Icon>
  )
}
