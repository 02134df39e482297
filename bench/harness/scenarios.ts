/** What peers were seen to get wrong. Each gives how often it went wrong; none, on the right side. */
export interface Scenarios {
  skippedFactor(): Promise<number>
  replayedCode(): Promise<number>
  manyNetworks(): Promise<number>
  resentCodes(): Promise<number>
  starvedCode(): Promise<number>
  parallelGuesses(): Promise<number>
  revokedOthers(): Promise<number>
  racedSignOut(): Promise<number>
  cachedRevocation(): Promise<number>
}

export type ScenarioName = keyof Scenarios
