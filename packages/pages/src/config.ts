import { createContext, useContext, type Context } from 'react'
import type { Config } from '@latchkey/browser'

/** `undefined` until the server answered, and on pages that must do without it. */
export const ConfigContext: Context<Config | undefined> = createContext<Config | undefined>(undefined)

export function useConfig(): Config {
  const config = useContext(ConfigContext)
  if (config === undefined) throw new Error('This page was shown before the configuration had arrived.')
  return config
}

/** ASVS 6.2.1; used only if the server does not say. */
const fallbackMinLength = 8

export function useMinLength(): number {
  return useConfig().methods.password?.minLength ?? fallbackMinLength
}

/** As the provider calls itself; its id, should it be gone from the configuration. */
export function useProviderName(id: string | undefined): string {
  return useConfig().methods.oauth?.providers.find((provider) => provider.id === id)?.name ?? id ?? ''
}
