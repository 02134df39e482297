import { createClient, type Client } from '@latchkey/browser'

export const client: Client = createClient({ baseUrl: '/auth' })
