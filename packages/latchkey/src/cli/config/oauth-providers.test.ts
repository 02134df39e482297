import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { reveal } from '../../platform/redacted.ts'
import { authOptionsOf } from './auth-options.ts'
import { configNames, showValue } from './keys.ts'
import { oauthProvidersOf } from './oauth-providers.ts'
import { loadConfig, readConfig, type Config } from './read-config.ts'

type Environment = Readonly<Record<string, string>>

const configOf = (environment: Environment): Promise<Config> => loadConfig({ directory: tmpdir(), environment })
async function problemsOf(environment: Environment): Promise<readonly string[]> {
  const result = await readConfig({ directory: tmpdir(), environment })
  return result.ok ? [] : result.problems
}

const google = { GOOGLE_CLIENT_ID: 'google-id', GOOGLE_CLIENT_SECRET: 'google-secret' }
const acme = {
  OIDC_ACME_CORP_ISSUER: 'https://id.acme.example',
  OIDC_ACME_CORP_CLIENT_ID: 'acme-id',
  OIDC_ACME_CORP_CLIENT_SECRET: 'acme-secret',
  OIDC_ACME_CORP_DISPLAY_NAME: 'Acme Corp',
}

describe('providers of the configuration', () => {
  it('are those that have an id and a secret, in the order of their buttons', async () => {
    const config = await configOf({
      ...acme,
      ...google,
      MICROSOFT_CLIENT_ID: 'ms-id',
      MICROSOFT_CLIENT_SECRET: 'ms-secret',
      MICROSOFT_TENANT: 'organizations',
      LATCHKEY_OAUTH_TRUSTED: 'google, acme-corp',
    })
    const providers = oauthProvidersOf(config)
    expect(providers.map(({ id, name, issuer, trusted }) => [id, name, issuer, trusted])).toEqual([
      ['google', 'Google', 'https://accounts.google.com', true],
      ['microsoft', 'Microsoft', 'https://login.microsoftonline.com/organizations/v2.0', false],
      ['acme-corp', 'Acme Corp', 'https://id.acme.example', true],
    ])
    expect(providers.map(({ clientSecret }) => reveal(clientSecret))).toEqual([
      'google-secret',
      'ms-secret',
      'acme-secret',
    ])
    expect(providers.some(({ privateNetwork }) => privateNetwork)).toBe(false)
  })

  it('make the method, and without any there is none', async () => {
    const methodsOf = (config: Config): readonly string[] => authOptionsOf(config).methods.map(({ id }) => id)
    expect(methodsOf(await configOf({}))).not.toContain('oauth')
    expect(methodsOf(await configOf(google))).toContain('oauth')
  })

  it('that are not complete or cannot be right are refused by name, without a secret', async () => {
    expect(await problemsOf({ GOOGLE_CLIENT_ID: 'x' })).toEqual([
      'GOOGLE_CLIENT_SECRET is missing, and GOOGLE_… is set otherwise.',
    ])
    expect(await problemsOf({ ...acme, OIDC_ACME_CORP_ISSUER: '' })).toEqual([
      'OIDC_ACME_CORP_ISSUER is missing, and OIDC_ACME_CORP_… is set otherwise.',
    ])
    expect(await problemsOf({ ...acme, OIDC_ACME_CORP_ISSUER: 'id.acme.example' })).toEqual([
      'OIDC_ACME_CORP_…: provider acme-corp: issuer must be a URL without query or fragment.',
    ])
    expect(await problemsOf({ GITHUB_CLIENT_ID: 'x', GITHUB_CLIENT_SECRET: 'has a blank' })).toEqual([
      'GITHUB_…: provider github: clientSecret must be 1 to 512 visible characters.',
    ])
    const asGoogle = {
      OIDC_GOOGLE_ISSUER: 'https://x.example',
      OIDC_GOOGLE_CLIENT_ID: 'x',
      OIDC_GOOGLE_CLIENT_SECRET: 'x',
    }
    expect(await problemsOf(asGoogle)).toEqual(['OIDC_…: the name google is taken.'])
    expect(await problemsOf({ LATCHKEY_OAUTH_TRUSTED: 'acme' })).toEqual([
      'LATCHKEY_OAUTH_TRUSTED names acme, which is no provider here.',
    ])
    const tenant = { MICROSOFT_CLIENT_ID: 'x', MICROSOFT_CLIENT_SECRET: 'x', MICROSOFT_TENANT: 'everybody' }
    expect(await problemsOf(tenant)).toEqual([expect.stringContaining('tenant must be') as string])
  })

  it('are shown without their secrets', async () => {
    const config = await configOf({ ...google, ...acme })
    const shown = configNames.map((name) => showValue(config, name)).join('\n') + JSON.stringify(config)
    expect(shown).not.toMatch(/google-secret|acme-secret/)
    expect(showValue(config, 'oidcProviders')).toBe('acme-corp')
  })

  it('live in a private network only for a reason', async () => {
    const config = await configOf({ ...google, ...acme, LATCHKEY_OAUTH_UNSAFE_PRIVATE_NETWORK: 'our own directory' })
    expect(oauthProvidersOf(config).map(({ id, privateNetwork }) => [id, privateNetwork])).toEqual([
      ['google', false],
      ['acme-corp', true],
    ])
  })
})
