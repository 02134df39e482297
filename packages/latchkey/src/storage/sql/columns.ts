/**
 * The columns of each table in the order in which rows are read and written. Names are those of the checked-in migrations; every
 * instant is BIGINT milliseconds, every JSON is text, so that any storage over the same tables reads the same bytes.
 */
export interface Columns {
  readonly table: string
  readonly names: readonly string[]
  /** Those that hold numbers; the others hold text. */
  readonly numbers: ReadonlySet<string>
}

function columns(table: string, list: string): Columns {
  const words = list.trim().split(/\s+/)
  return {
    table,
    names: words.map((word) => word.replace(/^#/, '')),
    numbers: new Set(words.filter((word) => word.startsWith('#')).map((word) => word.slice(1))),
  }
}

// `#` marks a number.
export const userColumns: Columns = columns(
  'user',
  `id email #email_verified_at name locale roles #epoch #blocked_at blocked_reason person_key #created_at #updated_at`,
)

export const credentialColumns: Columns = columns(
  'credential',
  `id user_id method identifier secret data #confirmed_at #created_at #updated_at #last_used_at #counter`,
)

export const challengeColumns: Columns = columns(
  'challenge',
  `id purpose user_id handle_digest binding_digest code_digest #code_expires_at #sends #attempts #max_attempts #version data
   #created_at #expires_at #consumed_at`,
)

export const sessionColumns: Columns = columns(
  'session',
  `id user_id mode secret_digest family_digest turn_digest previous_turn_digest turn_salt #turned_at #epoch #aal amr
   #authenticated_at #created_at #last_seen_at #expires_at #revoked_at revoked_reason ip user_agent`,
)

export const deviceColumns: Columns = columns('device', `id user_id secret_digest #created_at #expires_at`)

export const signingKeyColumns: Columns = columns(
  'signing_key',
  `kid state algorithm public_jwk private_key #created_at #retired_at`,
)

export const messageColumns: Columns = columns(
  'message',
  `id template recipient user_id locale data status #attempts #created_at #not_after #next_attempt_at lease_token #settled_at
   last_error`,
)

export const eventColumns: Columns = columns(
  'event',
  `id #occurred_at kind user_id actor_id session_id request_id data person mac`,
)

export const sealColumns: Columns = columns('seal', `#sequence first_id last_id #event_count mac #created_at`)

export const changeColumns: Columns = columns('change', `#sequence user_id session_id #occurred_at`)

/** `s.id, s.user_id, …` */
export function selectList({ names }: Columns, alias: string): string {
  return names.map((name) => `${alias}.${name}`).join(', ')
}

/** `(id, email, …) VALUES (:id, :email, …)` */
export function insertList({ names }: Columns): string {
  return `(${names.join(', ')}) VALUES (${names.map((name) => `:${name}`).join(', ')})`
}
