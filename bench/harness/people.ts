export const benchPassword = 'correct horse battery staple'

/** The one that the stubbed hash does not match. */
export const wrongPassword = 'wrong password'
