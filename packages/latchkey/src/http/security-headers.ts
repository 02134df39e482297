/**
 * Headers of every answer (ASVS 3.2.1, 3.4, 4.1.1, 14.3.2), as the flat list that `Outgoing` holds. A route may replace one by naming it;
 * only public documents (keys, OpenAPI) do.
 */
export function securityHeaders(settings: {
  readonly https: boolean
  readonly variesByOrigin: boolean
}): readonly string[] {
  return [
    'cache-control',
    'no-store',
    'x-content-type-options',
    'nosniff',
    'referrer-policy',
    'no-referrer',
    // Answers are data. Should a browser render one anyway, it may load nothing and nobody may frame it.
    'content-security-policy',
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'cross-origin-opener-policy',
    'same-origin',
    'cross-origin-resource-policy',
    'same-origin',
    // Two years (ASVS 3.4.1 asks for one). Not `includeSubDomains`: the application's other hosts are not ours to decide about.
    ...(settings.https ? ['strict-transport-security', 'max-age=63072000'] : []),
    ...(settings.variesByOrigin ? ['vary', 'origin'] : []),
  ]
}
