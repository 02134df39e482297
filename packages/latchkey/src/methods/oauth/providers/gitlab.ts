import type { OwnProviderOptions, Provider } from '../provider.ts'
import { oidc } from './oidc.ts'

export interface GitlabOptions extends OwnProviderOptions {
  /** Of an instance of your own. Default `https://gitlab.com`. */
  readonly issuer?: string
}

/**
 * Sign in with GitLab, theirs or an own instance.
 *
 * @example oauth({ providers: [gitlab({ clientId: env.GITLAB_CLIENT_ID, clientSecret: env.GITLAB_CLIENT_SECRET })] })
 */
export function gitlab({ issuer = 'https://gitlab.com', ...options }: GitlabOptions): Provider {
  return oidc({ ...options, id: 'gitlab', name: options.name ?? 'GitLab', issuer })
}
