/** What the figures do not say by themselves; kept by hand, beside the profiles of the run. Look here again when a bar moves. */
export const findings: string = `## Why bars are missed

From the profiles below and from single steps measured alone (Node 24.21, CPU time):

- **What the machine allows (B1, B2).** One HMAC and one prepared join, and nothing else, are the rows “limit” beside ours: on an idle machine 19 times
  better-auth on SQLite and 11 times on PostgreSQL in the process, and over HTTP on one core less than a cached check of ours reaches. An uncached
  check comes to 80 % of that limit by server code; twenty times the peer lies beyond it. Cached, what is left is the rim: about 15 µs of node:http,
  or 18 µs of \`Request\` and \`Response\`, around 7 to 10 µs of check.
- **Digests and seals.** Since keys are imported once, a digest takes 1.6 µs in place of 11 and a seal 4 in place of 19 (Node makes a \`KeyObject\` of
  bytes each time). What is left is the key of a person, opened and imported for each event about them.
- **Columns of a check (B1, SQLite).** \`findSession\` reads 32 columns of session and user: 28 µs in better-sqlite3; the seven that a check decides by
  take 12 µs. A statement without digests of refresh turns, person key and addresses would halve the greatest single place of the profile.
- **The rim (B1).** \`Request\`, \`Headers\`, \`Response\` and reading the body cost 25 to 40 µs on both sides; the peer’s own work is a millisecond, so it
  hardly shows there. By server code (\`getSession\`) and over node:http ours does not pay it.
- **Durable commits (B3, B5, SQLite).** With \`synchronous=FULL\` three quarters of a stubbed sign-in are SQLite’s: the charge is durable by itself
  and the session is a second commit. The peer makes one. The line “two durable commits” is what the disk allows; ten times the peer is beyond it.
- **Statements (B3, B5).** A sign-in is ten statements in three round trips: device, charge with the person behind it, commit. A second commit is
  what it costs that a guess is paid for before it is judged.
- **The outbox (B5: sign-up, e-mail code, magic link).** A mail is leased in the commit that queues it and settled by a commit that it shares with
  the mails of the same 20 ms: that is the price of at least once. Beyond 32 in hand, behind older ones or while the mail server is away it is found
  by a query and leased by a commit as well.
- **Admission of hashes (B3, B4).** Admission lets one hash fewer run while the loop is late by 5 ms, and two hashes keep both of two cores busy, so
  the loop often is: part of the time one core hashes and the rate falls below that of the raw pool, which does not care. B3 asks for 97 % of it,
  B4 for calm session checks; on two cores the one is paid with the other.
- **The limiter (B8).** An exact sliding window keeps the instants; the library increments a number and lets twice the limit through at the border of its
  windows. In memory ours costs 5 µs, far below the bar, but more than an increment; on PostgreSQL both are one statement.
- **Start and memory (B6).** The library’s own few hundred modules were found, read, linked and compiled one by one; since they are joined
  (decision 18) a start takes 1.5 times the CPU of node:http + better-sqlite3 in place of 2.7 times, and 71 MB in place of 87. 14 ms and 8 MB were a
  date format made at import. Of what is left, 7 ms are \`createAuth\`, 5 ms opening the database; the rest is Node reading files.
- **Bundle (B10).** Of the sum, \`http/openapi-document.js\` (9 kB gzip) and \`credential/policy/common-passwords.data.js\` (30 kB) are loaded when they are
  first asked for; before that an application with one SQL storage loads 76 to 78 kB (\`test/packages/size.test.ts\`). Tried: the mails loaded with the
  first one (3.7 kB less, 6 kB later, no faster start: not worth a mail that cannot be written because a file is gone); the check of the audit log alike
  (1.2 kB moved, 2 kB of seams more); the list of passwords as a Golomb-coded set of digests (17.5 kB, 25 kB where one good password in a
  million is refused in place of one in 10,000: not the half, and no longer a list that can be read). Next would be what routes say only for the
  API description: summaries and shapes of answers.
- **Known and unknown addresses.** Where a route costs no hash, a known address took 8 % longer: rows of an older request that were really touched, and
  a person's key that was opened and imported for the event. Rows for nobody are found and spent now as a person's are, and an event about nobody is
  sealed as dearly. What differs still: twelve columns that are read, and a longer mail; on PostgreSQL a reset
  remains that much dearer for a known address, and which part of it that is was not found.`
