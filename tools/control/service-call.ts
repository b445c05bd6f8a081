// A call of the guest's `service` through a connection that carries one stream of frames (relay.ts).

import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import {
	channelKinds,
	encodeFrame,
	encodeGrant,
	encodeResize,
	type Frame,
	grantedBytes,
	maxPayloadBytes,
	type OpenRequest,
} from '../../supervisor/contract/channel-protocol.ts';
import { createFrameReader } from '../../supervisor/contract/frame-reader.ts';
import { createGrantedWriter, createGrants } from '../../supervisor/contract/granted-writer.ts';
import type { TerminalSize } from '../../supervisor/contract/terminal-size.ts';
import { SlipwayError, UsageError } from '../errors.ts';
import { clientStream as stream } from './relay.ts';

export interface ServiceCall {
	/** Resolves with the exit code. Rejects with a `SlipwayError` when the command could not be started, or is lost. */
	readonly exitCode: Promise<number>;
	resize(size: TerminalSize): void;
	/** Sends a signal to the command in the guest. */
	signal(number: number): void;
	/** Ends the command. Its exit code never comes. */
	close(): void;
}

export interface CallStreams {
	/** Null for an empty stdin. */
	readonly input: Readable | null;
	readonly out: Writable;
	readonly err: Writable;
}

/** Takes over the socket. Throws a `UsageError` when the command line is too long. */
export function callService(
	socket: Socket,
	request: OpenRequest,
	{ input, out, err }: CallStreams,
): ServiceCall {
	const payload = Buffer.from(JSON.stringify(request));
	if (payload.length > maxPayloadBytes)
		throw new UsageError(`The command line is longer than ${maxPayloadBytes} bytes.`);
	const { promise, resolve, reject } = Promise.withResolvers<number>();
	const send = (frame: Buffer): void => {
		if (socket.writable) socket.write(frame);
	};
	const grants = createGrants();
	const stdin = createGrantedWriter({ kind: channelKinds.stdin, stream }, grants, send);
	const shown = { [channelKinds.stdout]: out, [channelKinds.stderr]: err } as const;

	function show(sink: Writable, bytes: Buffer): void {
		if (bytes.length > 0) sink.write(bytes, () => send(encodeGrant(stream, bytes.length)));
	}

	function obey(frame: Frame): void {
		switch (frame.kind) {
			case channelKinds.stdout:
			case channelKinds.stderr:
				show(shown[frame.kind as keyof typeof shown], frame.payload);
				break;
			case channelKinds.grant:
				grants.add(grantedBytes(frame));
				break;
			case channelKinds.exit:
				resolve(frame.code);
				break;
			case channelKinds.failed:
				reject(lost(frame.payload.toString('utf8')));
		}
	}

	const reader = createFrameReader(true);
	socket.on('data', (bytes: Buffer) => {
		for (const frame of reader.add(bytes)) obey(frame);
	});
	socket.on('error', () => undefined);
	socket.on('close', () => {
		// The command has ended, or nothing can be sent any longer.
		input?.unpipe(stdin);
		stdin.destroy();
		reject(lost('the connection to the machine is closed'));
	});
	stdin.on('error', () => undefined);
	send(encodeFrame({ kind: channelKinds.open, stream, payload }));
	if (input === null) stdin.end();
	else input.pipe(stdin);
	return {
		exitCode: promise.then((code) => written([out, err]).then(() => code)),
		resize: (size) => send(encodeResize(stream, size)),
		signal: (number) => send(encodeFrame({ kind: channelKinds.signal, stream, code: number })),
		close: () => void socket.destroy(),
	};
}

/** The caller may end the process next. */
async function written(sinks: readonly Writable[]): Promise<void> {
	await Promise.all(sinks.map((sink) => new Promise<void>((resolve) => sink.write('', () => resolve()))));
}

function lost(reason: string): SlipwayError {
	return new SlipwayError(
		'GUEST_FAILED',
		`The command in the guest is lost: ${reason}${/[.?]$/.test(reason) ? '' : '.'}`,
	);
}
