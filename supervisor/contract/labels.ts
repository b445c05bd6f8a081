// The labels of images, and the annotations of an image layout, that Slipway reads and writes.

/** LinuxKit's label: the defaults of the image's container, in the format of the YAML. */
export const configLabel = 'org.mobyproject.config';
/** The absolute paths of an image's applets, as a JSON list. */
export const appletsLabel = 'org.slipway.applets';
/** Name, version, hash and bytes of each Debian package in an image, as a JSON list. */
export const debianLabel = 'org.slipway.debian';
/** The other software in an image (npm packages, our own programs, libraries of the build machine), as a JSON list. */
export const softwareLabel = 'org.slipway.software';
/** A hash of everything else that an image depends on. */
export const inputsLabel = 'org.slipway.inputs';
/** The annotation of an index entry that holds the signatures of an image: it names that image, e.g.
 * `docker.io/library/redis@sha256:…`. */
export const signaturesAnnotation = 'org.slipway.signatures-of';
