import { describe, expect, it } from 'vitest'
import { findSecrets } from './find-secrets.ts'

const secrets = {
  codes: ['448615'],
  texts: ['uA7jq6F8e6SueefXwVylZCieIsC9HCZeoZDUhtb9r0RssCu80'],
  mailTexts: ['Hello,\nEnter this code where you are signing up for Latchkey.\n'],
}

describe('looking for secrets in a dump', () => {
  it('finds tokens, codes and sentences of mails', () => {
    const dump = `('x.${secrets.texts[0]}.y', '448615', 'Enter this code where you are signing up for Latchkey.')`
    expect(findSecrets(dump, secrets)).toHaveLength(3)
    expect(findSecrets('{"code":"448615"}', secrets)).toContain('code 448615 in its sentence')
  })

  it('takes digits inside ids and times for what they are', () => {
    expect(findSecrets("(1764448615000, '01a21256-4486-7448-8615-448615dcc9a0', 'x')", secrets)).toEqual([])
  })
})
