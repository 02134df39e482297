// Writes packages/latchkey/src/credential/policy/common-passwords.data.ts from the list of @zxcvbn-ts/language-common:
//   npm pack @zxcvbn-ts/language-common@4.1.3 && tar xzf zxcvbn-ts-language-common-4.1.3.tgz
//   node scripts/common-passwords.mjs package
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isPattern } from '../packages/latchkey/src/credential/policy/password-pattern.ts'

const source = process.argv[2]
if (source === undefined) {
  process.stderr.write('usage: node scripts/common-passwords.mjs <unpacked @zxcvbn-ts/language-common>\n')
  process.exit(2)
}
const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
const licence = readFileSync(join(source, 'LICENSE.txt'), 'utf8').trim()
/** In order of frequency. */
const passwords = JSON.parse(readFileSync(join(source, 'src/passwords.json'), 'utf8'))

const wanted = 9_400
const shortest = 8
const fits = (password) => password.length >= shortest && /^[\x21-\x7e]+$/.test(password) && !/[`\\$]/.test(password)
const isKnownByRule = (password) => isPattern(password, () => false)
const chosen = [...new Set(passwords.map((password) => password.toLowerCase()))]
  .filter((password) => fits(password) && !isKnownByRule(password))
  .slice(0, wanted)
  .sort()

let previous = ''
let line = ''
const lines = []
for (const password of chosen) {
  let common = 0
  while (common < 35 && common < password.length && password[common] === previous[common]) common++
  const entry = common.toString(36) + password.slice(common)
  previous = password
  if (line.length + entry.length > 1_000) {
    lines.push(line)
    line = ''
  }
  line += line === '' ? entry : ` ${entry}`
}
lines.push(line)

const commented = licence.split('\n').map((text) => ` * ${text}`.trimEnd())
writeFileSync(
  new URL('../packages/latchkey/src/credential/policy/common-passwords.data.ts', import.meta.url),
  `/*!
 * The ${chosen.length.toLocaleString('en')} most frequent passwords of at least ${shortest} characters, lower-cased, from @zxcvbn-ts/language-common ${version}
 * (https://github.com/zxcvbn-ts/zxcvbn), MIT. Written by scripts/common-passwords.mjs: sorted, each as the number of characters
 * shared with the one before (base 36) and the rest. Left out is what password-pattern.ts knows by rule.
 *
${commented.join('\n')}
 */
export const frontCodedPasswords: string = \`
${lines.join('\n')}
\`
`,
)
