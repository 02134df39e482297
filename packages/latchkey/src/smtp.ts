export { MailError, type MailErrorKind } from './courier/mail-error.ts'
export { smtpOptionsFrom, smtpVariables } from './courier/smtp-environment.ts'
export { createSmtpTransport, type SmtpOptions, type SmtpTransport } from './courier/smtp-transport.ts'
