// The labels of our packages' images that say what each was made of.

/** Name, version and hash of each Debian package, as JSON. */
export const debianLabel = 'org.slipway.debian';
/** What else: npm packages, our own program, libraries of the machine that built it (`Software` each), as JSON. */
export const softwareLabel = 'org.slipway.software';
/** A hash of all else that the image depends on. */
export const inputsLabel = 'org.slipway.inputs';
