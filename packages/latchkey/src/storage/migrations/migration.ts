/**
 * A checked-in step of the schema. `{user}` stands for the table with its prefix; on MySQL `{collation}` for the binary collation
 * without padding that the server knows. Once released the text never changes: its checksum is in every database that ran it.
 */
export interface Migration {
  /** `0001_core`: applied in this order. */
  readonly name: string
  /** One change each, so that a database without transactional DDL can go on behind the last one that was done. */
  readonly statements: readonly string[]
}
