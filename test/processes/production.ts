import { randomBytes } from 'node:crypto'

/** A production server on this machine, with a mail server of the test. */
export function productionSettings(
  {
    publicUrl,
    smtpPort,
    databaseUrl,
  }: { readonly publicUrl: string; readonly smtpPort: number; readonly databaseUrl?: string },
  secret = randomBytes(32).toString('base64url'),
): Readonly<Record<string, string>> {
  return {
    NODE_ENV: 'production',
    LATCHKEY_SECRET: secret,
    LATCHKEY_PUBLIC_URL: publicUrl,
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(smtpPort),
    SMTP_FROM: 'Acme <auth@example.com>',
    ...(databaseUrl === undefined ? {} : { LATCHKEY_DATABASE_URL: databaseUrl }),
  }
}
