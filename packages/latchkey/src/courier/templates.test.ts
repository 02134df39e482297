import { describe, expect, it } from 'vitest'
import { describeDevice, describeIp } from './describe-device.ts'
import type { AnyMessage } from './message-data.ts'
import { isKnownTemplate, parseMessageData } from './parse-message-data.ts'
import { renderMessage } from './templates.ts'
import type { RenderedMail } from './mail-copy.ts'

const publicUrl = 'https://app.example.com'
const at = Date.UTC(2026, 10, 2, 9, 5)
const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0'
const origin = { ip: '203.0.113.7', userAgent: firefox, at }

const everyMessage: readonly AnyMessage[] = [
  { template: 'sign-up-code', data: { code: '123456', expiresInMinutes: 5 } },
  { template: 'sign-up-known', data: {} },
  { template: 'sign-in-code', data: { code: '123456', expiresInMinutes: 1 } },
  { template: 'no-account', data: {} },
  { template: 'new-device-code', data: { code: '123456', expiresInMinutes: 5, ...origin } },
  { template: 'email-verify-code', data: { code: '123456', expiresInMinutes: 5 } },
  {
    template: 'password-reset',
    data: {
      link: `${publicUrl}/reset?token=abc.def`,
      expiresInMinutes: 30,
      code: { code: '123456', expiresInMinutes: 5 },
    },
  },
  { template: 'password-reset', data: { link: `${publicUrl}/reset?token=abc.def`, expiresInMinutes: 30, code: null } },
  { template: 'password-changed', data: origin },
  { template: 'new-sign-in', data: origin },
  { template: 'refresh-replayed', data: origin },
  { template: 'account-blocked', data: {} },
  { template: 'too-many-failures', data: origin },
  {
    template: 'magic-link',
    data: { link: `${publicUrl}/sign-in/link#token=abc`, code: '123456', expiresInMinutes: 15 },
  },
  { template: 'email-change-code', data: { code: '123456', expiresInMinutes: 5 } },
  { template: 'email-change-known', data: {} },
  { template: 'email-welcome', data: origin },
  { template: 'email-restored', data: { ...origin, address: 'a…@example.com' } },
  {
    template: 'email-changed',
    data: {
      ...origin,
      newAddress: 'n…@example.com',
      undoLink: `${publicUrl}/email/undo#token=abc`,
      undoWithinHours: 72,
    },
  },
  { template: 'factor-added', data: { ...origin, factor: 'passkey' } },
  { template: 'factor-removed', data: { ...origin, factor: 'totp' } },
  { template: 'recovery-codes-regenerated', data: origin },
  { template: 'recovery-codes-low', data: { left: 3 } },
  { template: 'recovery-codes-low', data: { left: 0 } },
  { template: 'factors-reset', data: { at } },
  { template: 'factors-reset-scheduled', data: { at } },
]

function render(
  message: AnyMessage,
  sender: { readonly appName?: string; readonly publicUrl?: string } = {},
): RenderedMail {
  return renderMessage(message, { appName: 'Acme', publicUrl, locale: null, ...sender })
}

function hrefs(html: string): readonly string[] {
  return [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href ?? '')
}

describe('every mail', () => {
  it('is written for each template that the outbox knows', () => {
    for (const { template, data } of everyMessage) {
      expect(isKnownTemplate(template)).toBe(true)
      expect(parseMessageData(template, JSON.stringify(data))).toEqual({ template, data })
    }
  })

  it('names the product and says what to do when it was not the person', () => {
    for (const message of everyMessage) {
      const { subject, text, html } = render(message)
      expect(subject).toContain('Acme')
      expect(text).toMatch(/If (?:it was|you)|if you/)
      expect(html).toContain('Acme')
    }
  })

  it('links to the configured address only, and fetches nothing', () => {
    for (const message of everyMessage) {
      const { html, text } = render(message)
      for (const href of hrefs(html)) expect(href.startsWith(publicUrl)).toBe(true)
      for (const [url] of text.matchAll(/https?:\/\/\S+/g)) expect(url.startsWith(publicUrl)).toBe(true)
      expect(html).not.toMatch(/<img|<script|<link|<iframe|src=|url\(|@import|background="/i)
    }
  })

  it('keeps the code out of the subject, which mail servers log', () => {
    for (const message of everyMessage) expect(render(message).subject).not.toContain('123456')
  })

  it('has a light and a dark design', () => {
    for (const message of everyMessage) {
      expect(render(message).html).toContain('prefers-color-scheme:dark')
      expect(render(message).html).toContain('<meta name="color-scheme" content="light dark">')
    }
  })
})

describe('a code', () => {
  const { text, html } = render({ template: 'sign-in-code', data: { code: '123456', expiresInMinutes: 1 } })

  it('stands on a line of its own that programs can read', () => {
    expect(text).toMatch(/^Your code is 123456$/m)
    expect(text).toContain('It works once, for 1 minute.')
  })

  it('is grouped for the eye and copies as the bare digits', () => {
    expect(html).toMatch(/<span>123<\/span><span style="margin-left:12px">456<\/span>/)
    expect(html.replace(/<[^>]+>/g, '')).toContain('123456')
  })

  it('is in the preview of the inbox', () => {
    expect(html).toMatch(/display:none[^>]*>Your code is 123456\./)
  })
})

describe('what others chose', () => {
  it('cannot become markup', () => {
    const { html } = render(
      { template: 'sign-in-code', data: { code: `<b>"'&`, expiresInMinutes: 5 } },
      { appName: '<script>alert(1)</script>' },
    )
    expect(html).not.toContain('<script>')
    expect(html).not.toContain('<b>')
    expect(html).toContain('&#60;script&#62;')
  })

  it('cannot put words of a stranger into the mail through the user agent or the address', () => {
    const userAgent = 'Your account is at risk, call +1 900 or visit https://evil.example Windows Firefox/1'
    const { text, html } = render({ template: 'too-many-failures', data: { ip: 'evil.example', userAgent, at } })
    expect(text + html).not.toContain('evil')
    expect(text).toContain('Device: Firefox on Windows')
    expect(text).toContain('IP address: unknown')
    expect(text).toContain('When: 2 November 2026 at 09:05 UTC')
  })

  it('cannot break the subject line', () => {
    const { subject } = render({ template: 'account-blocked', data: {} }, { appName: 'Acme\r\nBcc: evil@example.com' })
    expect(subject).toBe('Your Acme Bcc: evil@example.com account was blocked')
  })

  it('cannot lead a link away from publicUrl', () => {
    const linkTo = (link: string) => () =>
      render({ template: 'password-reset', data: { link, expiresInMinutes: 30, code: null } })
    expect(linkTo('https://evil.example/reset')).toThrow(TypeError)
    expect(linkTo('https://app.example.com.evil.example/reset')).toThrow(TypeError)
    expect(linkTo('https://app.example.com@evil.example/')).toThrow(TypeError)
    expect(linkTo('https://app.example.com/\r\nx')).toThrow(TypeError)
    expect(linkTo('javascript:alert(1)')).toThrow(TypeError)
    expect(linkTo('https://app.example.com/reset?token=a')().text).toContain(
      '\nhttps://app.example.com/reset?token=a\n',
    )
  })
})

describe('mails of the application', () => {
  it('replace the built-in ones one by one, in the same layout', () => {
    const options = {
      appName: 'Acme',
      publicUrl,
      locale: 'fr',
      templates: {
        'sign-in-code': ({ code }: { readonly code: string }, mail: Parameters<typeof renderMail>[0]) =>
          renderMail(mail, code),
      },
    }
    const own = renderMessage({ template: 'sign-in-code', data: { code: '987654', expiresInMinutes: 5 } }, options)
    expect(own.subject).toBe('Votre code (fr)')
    expect(own.html).toContain('prefers-color-scheme:dark')
    expect(renderMessage({ template: 'account-blocked', data: {} }, options).subject).toContain('blocked')
  })
})

function renderMail(
  mail: {
    readonly locale: string | null
    render(copy: { subject: string; preheader: string; heading: string; blocks: [] }): RenderedMail
  },
  code: string,
): RenderedMail {
  return mail.render({ subject: `Votre code (${mail.locale})`, preheader: code, heading: 'Votre code', blocks: [] })
}

describe('stored data', () => {
  it('is refused when it does not fit its template', () => {
    expect(parseMessageData('sign-in-code', '{"code":1}')).toBeUndefined()
    expect(parseMessageData('sign-in-code', '{')).toBeUndefined()
    expect(parseMessageData('sign-in-code', 'null')).toBeUndefined()
    expect(parseMessageData('toString', '{}')).toBeUndefined()
  })
})

describe('a device in words', () => {
  it('comes from a closed list', () => {
    expect(describeDevice(firefox)).toBe('Firefox on Windows')
    expect(
      describeDevice(
        'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      ),
    ).toBe('Safari on iPhone')
    expect(
      describeDevice(
        'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36',
      ),
    ).toBe('Chrome on Android')
    expect(
      describeDevice(
        'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36 Edg/130.0',
      ),
    ).toBe('Edge on ChromeOS')
    expect(describeDevice('okhttp/4 (Linux)')).toBe('an app on Linux')
    expect(describeDevice('curl/8')).toBe('an unknown device')
    expect(describeDevice(null)).toBe('an unknown device')
    expect(describeIp('2001:db8::1')).toBe('2001:db8::1')
    expect(describeIp(null)).toBe('unknown')
  })
})
