import type { Route } from '../methods/route.ts'
import { accountRoutes } from './routes/account-routes.ts'
import { adminFactorRoutes } from './routes/admin-factor-routes.ts'
import { adminSystemRoutes } from './routes/admin-system-routes.ts'
import { adminUserRoutes } from './routes/admin-user-routes.ts'
import { configRoutes } from './routes/config-routes.ts'
import type { CoreRoutePorts } from './routes/core-ports.ts'
import { emailChangeRoutes } from './routes/email-change-routes.ts'
import { openApiRoute } from './routes/openapi-route.ts'
import { sessionRoutes } from './routes/session-routes.ts'
import { signUpRoutes } from './routes/sign-up-routes.ts'

/** The one ordered route table: what a reviewer reads down to know every way in. */
export function allRoutes(ports: CoreRoutePorts): readonly Route[] {
  return [
    ...signUpRoutes(ports),
    ...ports.methods.flatMap((method) => method.routes(ports)),
    ...sessionRoutes(ports),
    ...accountRoutes(ports),
    ...emailChangeRoutes(ports),
    ...adminUserRoutes(ports),
    ...adminFactorRoutes(ports),
    ...adminSystemRoutes(ports),
    ...configRoutes(ports),
    openApiRoute,
  ]
}
