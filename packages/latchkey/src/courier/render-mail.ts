import type { MailBlock, MailCopy, RenderedMail, Sender } from './mail-copy.ts'

/**
 * Text and HTML of a mail. No images, no tracking, no script, nothing that is fetched; links lead to `publicUrl` only.
 *
 * @throws TypeError when a link leads elsewhere (design rule 7)
 */
export function renderMail(copy: MailCopy, sender: Sender): RenderedMail {
  for (const block of copy.blocks) if (block.kind === 'link') assertOwnLink(block.href, sender.publicUrl)
  return { subject: oneLine(copy.subject), text: renderText(copy, sender), html: renderHtml(copy, sender) }
}

function assertOwnLink(href: string, publicUrl: string): void {
  const base = publicUrl.replace(/\/+$/, '')
  const isBelow = href === base || ['/', '?', '#'].some((next) => href.startsWith(base + next))
  if (!isBelow || /[\s<>"'`\\\u0000-\u001f\u007f]/.test(href) || !URL.canParse(href)) {
    throw new TypeError('A link in a mail leads away from publicUrl.')
  }
}

/** A header's worth of text: control characters, line separators and bidirectional overrides become spaces. */
export function oneLine(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim()
    .slice(0, 200)
}

function renderText({ heading, blocks }: MailCopy, { appName, publicUrl }: Sender): string {
  const parts = [heading, ...blocks.map(blockText), `-- \n${oneLine(appName)}\n${publicUrl}`]
  return `${parts.join('\n\n')}\n`
}

function blockText(block: MailBlock): string {
  switch (block.kind) {
    case 'paragraph':
    case 'aside':
      return block.text
    case 'code':
      return `Your code is ${block.code}`
    case 'link':
      return `${block.label}:\n${block.href}`
    case 'facts':
      return block.facts.map(({ name, value }) => `${name}: ${value}`).join('\n')
    default:
      return block satisfies never
  }
}

const font = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

// Inline styles carry the light design, because some mail programs drop <style>; those that know a dark mode also keep it.
const darkMode = `@media (prefers-color-scheme:dark){
.page{background:#14161a!important}.card{background:#1f2329!important;border-color:#343a43!important}
.ink{color:#eef0f3!important}.quiet{color:#a9b1bd!important}.well{background:#14161a!important;border-color:#343a43!important}
.button{background:#e8eaee!important;color:#14161a!important}}`

function renderHtml({ subject, preheader, heading, blocks }: MailCopy, { appName, publicUrl }: Sender): string {
  const name = escapeHtml(oneLine(appName))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">
<title>${escapeHtml(oneLine(subject))}</title>
<style>:root{color-scheme:light dark}
${darkMode}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f3f4f6">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${escapeHtml(preheader)}${'&#8203;&nbsp;'.repeat(40)}</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f6">
<tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:480px">
<tr><td class="quiet" style="${font};font-size:14px;font-weight:600;color:#5b6472;padding:0 4px 12px">${name}</td></tr>
<tr><td class="card" style="background:#ffffff;border:1px solid #e2e5ea;border-radius:12px;padding:32px 28px">
<h1 class="ink" style="${font};font-size:20px;line-height:1.3;font-weight:650;color:#171a1f;margin:0 0 16px">${escapeHtml(heading)}</h1>
${blocks.map(blockHtml).join('\n')}
</td></tr>
<tr><td class="quiet" style="${font};font-size:12px;line-height:1.5;color:#5b6472;padding:16px 4px 0">${name} · <a class="quiet" href="${escapeHtml(publicUrl)}" style="color:#5b6472">${escapeHtml(publicUrl)}</a></td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`
}

function blockHtml(block: MailBlock): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p class="ink" style="${font};font-size:16px;line-height:1.55;color:#171a1f;margin:0 0 16px">${escapeHtml(block.text)}</p>`
    case 'code':
      return `<p class="well ink" style="font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:32px;line-height:1.2;font-weight:600;letter-spacing:2px;text-align:center;color:#171a1f;background:#f3f4f6;border:1px solid #e2e5ea;border-radius:8px;padding:16px 8px;margin:0 0 16px">${groupedHtml(block.code)}</p>`
    case 'link':
      return `<p style="margin:0 0 16px"><a class="button" href="${escapeHtml(block.href)}" style="${font};display:inline-block;font-size:16px;font-weight:600;line-height:1.2;color:#ffffff;background:#171a1f;border-radius:8px;padding:14px 22px;text-decoration:none">${escapeHtml(block.label)}</a></p>
<p class="quiet" style="${font};font-size:13px;line-height:1.5;color:#5b6472;margin:0 0 16px;word-break:break-all">If the button does not work, copy this address into your browser: ${escapeHtml(block.href)}</p>`
    case 'facts':
      return `<table role="presentation" class="well" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f6;border:1px solid #e2e5ea;border-radius:8px;margin:0 0 16px">${block.facts
        .map(
          ({ name, value }) =>
            `<tr><td class="quiet" style="${font};font-size:14px;line-height:1.5;color:#5b6472;padding:6px 14px;white-space:nowrap" width="1">${escapeHtml(name)}</td><td class="ink" style="${font};font-size:14px;line-height:1.5;color:#171a1f;padding:6px 14px">${escapeHtml(value)}</td></tr>`,
        )
        .join('')}</table>`
    case 'aside':
      return `<p class="quiet" style="${font};font-size:14px;line-height:1.55;color:#5b6472;margin:0 0 8px">${escapeHtml(block.text)}</p>`
    default:
      return block satisfies never
  }
}

/** Grouped for the eye by a margin, not by a space: what is copied is the bare code. */
function groupedHtml(code: string): string {
  const groups = code.length % 3 === 0 ? (code.match(/.{3}/g) ?? [code]) : [code]
  return groups
    .map((group, index) => `<span${index === 0 ? '' : ' style="margin-left:12px"'}>${escapeHtml(group)}</span>`)
    .join('')
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
