// gRPC's status codes, as the specification of the protocol names them (grpc.io, statuscodes.md).

const grpcCodes = [
	'OK',
	'CANCELLED',
	'UNKNOWN',
	'INVALID_ARGUMENT',
	'DEADLINE_EXCEEDED',
	'NOT_FOUND',
	'ALREADY_EXISTS',
	'PERMISSION_DENIED',
	'RESOURCE_EXHAUSTED',
	'FAILED_PRECONDITION',
	'ABORTED',
	'OUT_OF_RANGE',
	'UNIMPLEMENTED',
	'INTERNAL',
	'UNAVAILABLE',
	'DATA_LOSS',
	'UNAUTHENTICATED',
] as const;

export type GrpcCode = (typeof grpcCodes)[number];

/**
 * A call was refused by containerd, or did not reach it. `UNAVAILABLE`: the connection is lost and a new one
 * may do; `DEADLINE_EXCEEDED`: containerd does not answer; all others are containerd's own answer.
 */
export class GrpcError extends Error {
	readonly code: GrpcCode;
	/** e.g. `/containerd.services.tasks.v1.Tasks/Create`. */
	readonly method: string;
	/** What containerd said, unchanged. */
	readonly details: string;

	constructor(code: GrpcCode, method: string, details: string) {
		super(`${method.slice(method.lastIndexOf('.') + 1)}: ${details} (${code})`);
		this.name = 'GrpcError';
		this.code = code;
		this.method = method;
		this.details = details;
	}
}

export function grpcCode(status: number): GrpcCode {
	return grpcCodes[status] ?? 'UNKNOWN';
}

export function isGrpcError(error: unknown, ...codes: readonly GrpcCode[]): error is GrpcError {
	return error instanceof GrpcError && codes.includes(error.code);
}

/** `grpc-message` is percent-encoded UTF-8. */
export function decodeGrpcMessage(encoded: string): string {
	try {
		return decodeURIComponent(encoded);
	} catch {
		return encoded;
	}
}
