import type { JourneySecrets } from './journey.ts'

/** Which of the secrets stand in a dump or a log in clear. Empty is what everybody hopes for. */
export function findSecrets(dump: string, { codes, texts, mailTexts }: JourneySecrets): readonly string[] {
  const found = texts.filter((text) => dump.includes(text)).map((text) => `secret ${text}`)
  for (const code of codes) {
    // Six digits also come up inside ids and times: as a word of their own they are the code.
    if (new RegExp(`(?<![\\w.:-])${code}(?![\\w.:-])`).test(dump)) found.push(`code ${code}`)
    if (dump.includes(`Your code is ${code}`) || dump.includes(`"code":"${code}"`))
      found.push(`code ${code} in its sentence`)
  }
  for (const sentence of mailTexts.flatMap((text) => text.split('\n')).filter((line) => line.length > 30)) {
    if (dump.includes(sentence)) found.push(`mail text: ${sentence}`)
  }
  return [...new Set(found)]
}
