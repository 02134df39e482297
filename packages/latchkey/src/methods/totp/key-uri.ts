/** What the QR code says: the key URI format of Google Authenticator, which every app reads. The defaults are spelled out, because some apps have others. */
export function keyUri({
  issuer,
  accountName,
  secret,
}: {
  readonly issuer: string
  readonly accountName: string
  readonly secret: string
}): string {
  // A colon parts issuer and account.
  const name = issuer.replaceAll(/[\s:]+/g, ' ').trim()
  const label = `${encodeURIComponent(name)}:${encodeURIComponent(accountName)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(name)}&algorithm=SHA1&digits=6&period=30`
}
