// Tokens as an issuer that shares a secret with the server makes them.
import { SignJWT } from 'jose'

export const SECRET = 'a secret of more than thirty-two characters'

/** Issued now, for ten minutes, unless the claims say otherwise. Times in seconds since 1970. */
export function signToken(sub: string, claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ sub, iat: now, exp: now + 600, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(SECRET))
}

export const secondsFromNow = (seconds: number): number => Math.ceil(Date.now() / 1000) + seconds

/** What is issued after this was not issued in the second in which it was called. */
export async function nextSecond(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1_001 - (Date.now() % 1000)))
}
