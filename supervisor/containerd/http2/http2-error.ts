// HTTP/2's error codes (RFC 9113, section 7).

const codes = [
	'NO_ERROR',
	'PROTOCOL_ERROR',
	'INTERNAL_ERROR',
	'FLOW_CONTROL_ERROR',
	'SETTINGS_TIMEOUT',
	'STREAM_CLOSED',
	'FRAME_SIZE_ERROR',
	'REFUSED_STREAM',
	'CANCEL',
	'COMPRESSION_ERROR',
	'CONNECT_ERROR',
	'ENHANCE_YOUR_CALM',
	'INADEQUATE_SECURITY',
	'HTTP_1_1_REQUIRED',
] as const;

type Http2Code = (typeof codes)[number];

/** A stream or the connection failed, because of the server or the socket. */
export class Http2Error extends Error {
	readonly code: Http2Code;

	constructor(code: Http2Code, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = 'Http2Error';
		this.code = code;
	}
}

export function http2CodeNumber(code: Http2Code): number {
	return codes.indexOf(code);
}

export function http2Code(number: number): Http2Code {
	return codes[number] ?? 'INTERNAL_ERROR';
}
