// The failure that a command ends with, on the host and, for images, in the guest. A reader of images throws it on both sides.

/** The failures that callers and tests tell apart. The message of the error describes the single case. */
export type ErrorCode =
	/** The YAML of a system is wrong. */
	| 'BAD_CONFIG'
	/** A recipe is wrong, or asks for what apt or a Debian package does not have. */
	| 'BAD_RECIPE'
	/** Another file, environment variable or option of the user has a value that can't be used. */
	| 'BAD_INPUT'
	/** A file or directory that the user names does not exist, or can't be read or written. */
	| 'NO_FILE'
	/** The store or the registry has no image of this name. */
	| 'NO_IMAGE'
	/** The image exists, but not for this platform. */
	| 'NO_PLATFORM'
	/** The image's manifest names a blob that the store or the archive lacks. */
	| 'BLOB_MISSING'
	/** Bytes do not have the digest that names them. */
	| 'DIGEST_MISMATCH'
	/** The contents of an image, a tar or the store break their specification or a limit of ours. */
	| 'BAD_IMAGE'
	/** A rule demands a digest, and neither the YAML nor the lock file pins the image. */
	| 'NOT_PINNED'
	/** A rule demands a signature, and the image has none. */
	| 'NOT_SIGNED'
	/** The image has signatures, and none of them is by a key of the rule. */
	| 'BAD_SIGNATURE'
	/** The label of an image grants privileges that `trust: labels:` does not let it grant. */
	| 'UNTRUSTED_LABEL'
	/** No connection to the registry. */
	| 'UNREACHABLE'
	/** The registry does not accept the login, or the login may not do this. */
	| 'DENIED'
	/** The registry answers with an error, or against the distribution-spec. */
	| 'REGISTRY_FAILED'
	/** A program of the host, such as QEMU or apt, is absent or fails. */
	| 'TOOL_FAILED'
	/** The guest did not boot, did not get ready or did not end well. */
	| 'GUEST_FAILED'
	/** The guest still ran when its time was up. */
	| 'TIMEOUT'
	/** A signal ended the command. */
	| 'INTERRUPTED';

/** A failure that the user can understand and mend: exit code 1, the message alone, no stack. */
export class SlipwayError extends Error {
	readonly code: ErrorCode;
	constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = 'SlipwayError';
		this.code = code;
	}
}
