/** What the figures do not say by themselves; kept by hand, beside the profiles of the run. Look here again when a bar moves. */
export const findings: string = `## Why bars are missed

From the profiles below and from single steps measured alone (Node 24.21, CPU time):

- **What the machine allows (B1, B2).** The rows “limit” do one HMAC and one prepared join and nothing else. On SQLite an uncached check of ours comes
  to 19 parts in 20 of that. On PostgreSQL one check at a time is one round trip, some 170 µs of waiting for the server: the limit itself is 7
  times the peer, and twelve times it lies beyond. With 32 at a time the waiting overlaps, and the bar is met.
- **The rim (B1, cached).** A cached check takes 4 to 7 µs. By \`Request\` and \`Response\` it takes 17 to 20, because making the two and reading the body costs
  that much on both sides. The peer answers from a signed cookie in 500 to 700 µs; forty times that would be less than the rim alone. By server code
  (\`getSession\`) the rim is gone; there SQLite still reads \`data_version\` for each check, which is why a revocation is in force at once.
- **HTTP (B2).** node:http takes 17 µs of a request whose bytes are made beforehand, bare Hono 22; a cached check of ours 43. What is between is reading
  cookies and address, counters for \`/metrics\`, the request id, the check and its JSON. Uncached, SQLite or PostgreSQL comes on top, on the one core that the server has.
- **Durable commits (B3, B5, one at a time).** Each flow ends in a commit that waits for the disk, and on PostgreSQL a charge waits as well, because it
  has to stand before a secret is looked at. The row “two durable commits” is what the disk allows: ten times the peer lies beyond it on PostgreSQL and
  near it on SQLite. On SQLite charges wait for no disk of their own and commits of one moment share a transaction (decisions 20 and 22), so many at a time
  are much faster than one.
- **Statements (B3, B5).** A sign-in is ten statements in three round trips where the peer has three: a known device, three budgets, the audit row, the
  cap of sessions and their revocation on other nodes are what it does not do. On PostgreSQL the server spends about 300 µs on them beside two waits
  for the disk of 150 µs, and on two cores it shares those with us: by the CPU of our process the ratios are up to twice as good as by the clock.
  Connections answer at different moments, so less of our code runs in batches than on SQLite, where one transaction answers many at once.
- **The outbox (B5: sign-up, e-mail code, magic link).** A mail is a row in the commit, leased in it, and settled by a commit that it shares with the mails
  of the same 20 ms: the price of at least once. The peer calls its transport in the request and forgets the mail when that fails.
- **Sign-up (B5).** Ours is two requests, a mail and a proof; the peer’s is one request without any. The line “until the address is proved” has both do the same.
- **The memory storage** is the model that the others are tested against: it looks through all rows in order to be short, which is why SQLite overtakes it.
- **Hashes (B3, B4).** Hashes stand behind the event loop on the scale of priorities (decision 24), so admission seldom lets one fewer run. In two runs of one day a sign-in
  came to 0.95 and to 0.8 of the raw pool, which itself did 94 and 170 hashes a second: what is missing is the loop’s own work on two cores that both hash, and a machine
  whose pace changes from round to round. The tail of B4
  is the scheduler’s: two threads that hash, the server and its clients share two cores, and the row “limit”, which does nothing but HMAC and join beside a pool of two,
  waits as long.
- **Many sessions (B7).** Sessions that are asked about lie among a million others, each on pages of its own in table and index; with a thousand all of it stays in the processor’s
  cache. On SQLite that is 2 to 3 µs a check, whether there are a million or ten million: with ten million, once and by hand, the same 1.13 times
  a thousand. PostgreSQL pays it in the server and hardly shows it.
- **The limiter (B8).** In memory and on PostgreSQL the two are level within the spread. On Redis the scripts cost the server nearly the same (4 and 3.5 µs alone), and
  through the same client they are level. The rest is the client: \`redis\` writes what one turn of the event loop asks for as one packet, for little more
  than half the CPU of \`ioredis\`; but eight callers that only wait for each other then take turns with the server, while \`ioredis\` writes one
  by one and overlaps with it where both have a core. With 64 at a time, or busy cores, ours is ahead. Ours is an exact sliding window; the library’s
  lets twice the limit through at the border of its windows.
- **Bundle (B10).** Of the sum, \`http/openapi-document.js\` (9 kB gzip) and \`credential/policy/common-passwords.data.js\` (30 kB) are loaded when they are
  first asked for; before that an application with one SQL storage loads 78 to 80 kB (\`test/packages/size.test.ts\`). Tried: the mails loaded with the
  first one (3.7 kB less, 6 kB later, no faster start: not worth a mail that cannot be written because a file is gone); the check of the audit log alike
  (1.2 kB moved, 2 kB of seams more); the list of passwords as a Golomb-coded set of digests (17.5 kB, 25 kB where one good password in a
  million is refused in place of one in 10,000: not the half, and no longer a list that can be read). Next would be what routes say only for the
  API description: summaries and shapes of answers.
- **Known and unknown addresses.** Nobody’s rows are found and spent as a person’s are, and an event about nobody is sealed as dearly. What differs are twelve
  columns that are read and a longer mail, 1 to 2 % of a request. Earlier runs asked known addresses again and again but ever new unknown ones, and so
  measured what earlier requests leave behind; now both are asked as often.`
