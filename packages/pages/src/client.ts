import { createClient, type Client } from '@latchkey/browser'
import { requestStepUp } from './step-up/step-up-request.ts'

export const client: Client = createClient({
  baseUrl: '/auth',
  onStepUpRequired: (code) => requestStepUp(code, () => client.stepUp()),
})
