import { LatchkeyError } from '../../platform/errors.ts'

/** Drivers are optional peers: only the one that is used has to be there. */
export async function loadDriver<Driver>(name: string, load: () => Promise<Driver>): Promise<Driver> {
  try {
    return await load()
  } catch (error) {
    throw new LatchkeyError(
      'config_invalid',
      `The driver of this database cannot be loaded. Install it: npm install ${name}.`,
      {
        cause: error,
      },
    )
  }
}
