// gRPC's status codes, with the names of the specification (grpc.io, statuscodes.md).

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
 * containerd refused a call, or the call did not reach it. `UNAVAILABLE`: the connection is lost, and a new one may work.
 * `DEADLINE_EXCEEDED`: containerd does not answer. All other codes are containerd's own answer.
 */
export class GrpcError extends Error {
	readonly code: GrpcCode;
	/** E.g. `/containerd.services.tasks.v1.Tasks/Create`. */
	readonly method: string;
	/** containerd's text, unchanged. */
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

/** Decodes `grpc-message`, which is percent-encoded UTF-8. */
export function decodeGrpcMessage(encoded: string): string {
	try {
		return decodeURIComponent(encoded);
	} catch {
		return encoded;
	}
}
