// For tests whose access rules are sound: one that throws ends the test.
import { Authorizer } from '../../server/auth/authorizer.ts'

export const loudAuthorizer = new Authorizer(({ err }) => {
  throw err
})
