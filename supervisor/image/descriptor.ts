// OCI descriptors and digests (image-spec v1.1, `descriptor.md`). A digest is checked before it becomes part of a path, so no
// image can name a file outside the store.

import { SlipwayError } from './slipway-error.ts';

export interface Platform {
	readonly architecture: string;
	readonly os: string;
	/** `v7` of arm. */
	readonly variant?: string;
}

export interface Descriptor {
	readonly mediaType: string;
	/** `sha256:` and 64 hexadecimal digits. */
	readonly digest: string;
	/** The size in bytes. */
	readonly size: number;
	readonly platform?: Platform;
	/** The kind of artifact of a manifest, if it declares one. */
	readonly artifactType?: string;
	readonly annotations?: Readonly<Record<string, string>>;
}

export const mediaTypes = {
	index: 'application/vnd.oci.image.index.v1+json',
	manifest: 'application/vnd.oci.image.manifest.v1+json',
	config: 'application/vnd.oci.image.config.v1+json',
	layer: 'application/vnd.oci.image.layer.v1.tar',
	layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
	layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
	dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
	dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
	dockerConfig: 'application/vnd.docker.container.image.v1+json',
	dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

/**
 * Returns the 64 digits of a sha256 digest. Throws for any other text.
 *
 * @param what - names the file or image that has the digest, in an error
 */
export function digestHex(digest: string, what?: string): string {
	const match = /^sha256:([0-9a-f]{64})$/.exec(digest);
	if (match?.[1] === undefined) {
		throw new SlipwayError(
			'BAD_IMAGE',
			`${what === undefined ? '' : `${what}: `}"${digest}" is not a digest: expected sha256: and 64 hexadecimal digits.`,
		);
	}
	return match[1];
}
