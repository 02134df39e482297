import type { JourneySecrets } from '../journey/journey.ts'
import type { Step, Walk } from './walk-everywhere.ts'

/**
 * Names of fields whose values are no secret and may stand in a database as they are. Everything else that a client sends or gets in a
 * change is taken for a secret, so that a new field is looked for until somebody writes here why not.
 */
const publicFields = new Set(
  `aal alg alias amr at attestation authenticatorAttachment authenticatedAt createdAt current currentLevel delayHours detail deviceType
  displayName email emailVerified enforcedAt executeAt expiresAt expiresIn factors hints id instance ip issuer kind label lastSeenAt
  lastUsedAt locale method methods mode name page pk provider publicKey rawId reason redirectTo residentKey resetAt role roles rpId sentTo
  state status template timeout title tokenType transports type updatedAt usage user userHandle userId userVerification`.split(
    /\s+/,
  ),
)

/** What must stand in no dump in clear: all that passwords, codes, handles, tokens, cookies, ceremonies and mails of a walk are made of. */
export function secretsOfWalk({ steps, test, providerSecrets }: Walk): JourneySecrets {
  const values = new Set<string>()
  for (const step of steps) for (const value of valuesOf(step)) values.add(value)
  const mails = test.mailbox.list()
  for (const { link } of mails) values.add(link?.split('#token=')[1] ?? '')
  const codes = [...values].filter((value) => /^\d{6}$/.test(value))
  const texts = [...values, ...providerSecrets].filter((value) => !/^\d{6}$/.test(value)).flatMap(formsOf)
  return {
    codes: [
      ...new Set([...codes, ...mails.flatMap(({ code }) => (code === undefined ? [] : [code.replace(/\D/g, '')]))]),
    ],
    texts: [...new Set(texts)],
    mailTexts: mails.map(({ text }) => text),
  }
}

function valuesOf({ method, path, body, answer }: Step): readonly string[] {
  const cookies = answer.setCookies.map((line) => line.slice(line.indexOf('=') + 1).split(';')[0] ?? '')
  const query = [...new URLSearchParams(path.split('?')[1] ?? '')].filter(
    ([name]) => name === 'token' || name === 'code',
  )
  const landed = new URLSearchParams((answer.headers.get('location') ?? '').split('#')[1] ?? '')
  const more = [...query, ...landed].filter(([name]) => !publicFields.has(name)).map(([, value]) => value)
  // What a page reads is no secret that it was given: `no answer of any route` holds that.
  const texts = method === 'GET' ? [] : [...textsIn(body), ...textsIn(answer.body)]
  return [...cookies, ...more, ...texts]
}

function textsIn(value: unknown, field = ''): readonly string[] {
  if (typeof value === 'string') return publicFields.has(field) ? [] : [value]
  if (typeof value !== 'object' || value === null) return []
  // A list has the name of its field.
  return Object.entries(value).flatMap(([name, inner]) => textsIn(inner, Array.isArray(value) ? field : name))
}

/** Ids and pseudonyms around a secret may stand anywhere; the secret itself, of 256 bits, in no form. */
function formsOf(text: string): readonly string[] {
  if (text.includes('.') && !/\s/.test(text)) return text.split('.').filter((part) => part.length >= 43)
  if (/^[A-Z2-7]{32}$/.test(text))
    return [text, bytesOfBase32(text).toString('hex'), bytesOfBase32(text).toString('base64url')]
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(text) || text.length < 8) return []
  const undashed = text.replaceAll('-', '')
  return /^[A-Za-z0-9-]{8,24}$/.test(text) ? [text, undashed, undashed.toUpperCase(), undashed.toLowerCase()] : [text]
}

function bytesOfBase32(text: string): Buffer {
  const bits = text
    .split('')
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
  return Buffer.from(
    bits
      .join('')
      .match(/.{8}/g)
      ?.map((byte) => Number.parseInt(byte, 2)) ?? [],
  )
}
