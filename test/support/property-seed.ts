// Vitest's set-up of each file: the cases of property tests come from one seed where SLUICE_PROPERTY_SEED gives it, as in
// CI, whose verdict on a commit should not be up to chance. Else each run plays others, and a failing one prints its seed.
const seed = process.env.SLUICE_PROPERTY_SEED

// Only then, since most files play no properties, and the library takes a while to load.
if (seed !== undefined) {
  if (!/^-?\d{1,10}$/.test(seed))
    throw new Error(`SLUICE_PROPERTY_SEED: must be a whole number, and is ${JSON.stringify(seed)}`)
  const { default: fc } = await import('fast-check')
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) })
}
