// The guest's end of the port `slipway.control` (contract/channel-protocol.ts): runs `service` for the host, a process for each
// stream. It is a program of its own, which PID 1 starts when the host speaks and ends with the host's connection, so nothing that the
// host sends reaches PID 1, and its crash does not end PID 1's.

import { errorMessage } from '../../native/text/error-message.ts';
import {
	channelKinds,
	channelVersion,
	encodeFrame,
	encodeHello,
	type Frame,
	grantedBytes,
	type OpenRequest,
	sessionBytes,
	terminalSize,
} from '../contract/channel-protocol.ts';
import { createFrameReader } from '../contract/frame-reader.ts';
import type { TerminalSize } from '../contract/terminal-size.ts';
import { parseOpenRequest } from './open-request.ts';

/** A command that runs for the host. */
export interface HostCommand {
	/** Takes bytes of stdin; an empty piece is its end. */
	stdin(bytes: Buffer): void;
	grant(bytes: number): void;
	resize(size: TerminalSize): void;
	signal(number: number): void;
	/** Ends the command, which sends no more. Idempotent. */
	reset(): void;
}

export interface ChannelHost {
	/** Sends to the host. */
	send(frame: Buffer): void;
	/**
	 * Starts `service`. `ended` is called once, later, when its process has ended and its last frame is sent; after a reset as well. Throws when it
	 * can't be started.
	 */
	start(stream: number, request: OpenRequest, ended: () => void): HostCommand;
}

export interface ChannelServer {
	/** Takes bytes from the host. */
	add(bytes: Buffer): void;
	/** Ends all commands, and tells the host why. */
	close(reason: string): void;
}

/** Each costs a process or two of the guest. */
const maxStreams = 32;
/** Those that were reset take a while to end, and do not hold up a host that connects again. */
const maxProcesses = 2 * maxStreams;

/** Says hello at once, so that a host notices that an earlier server is gone with its streams. */
export function createChannelServer(host: ChannelHost): ChannelServer {
	const reader = createFrameReader(false);
	const commands = new Map<number, HostCommand>();
	let processes = 0;
	let session: Buffer = Buffer.alloc(sessionBytes);

	function endAll(): void {
		for (const command of commands.values()) command.reset();
		commands.clear();
	}

	function greet(frame: Frame): void {
		if (!session.equals(frame.payload)) endAll();
		session = frame.payload;
		// A host of another version learns of it by the version of this answer.
		host.send(encodeHello(session));
	}

	function fail(stream: number, reason: string): void {
		host.send(encodeFrame({ kind: channelKinds.failed, stream, payload: Buffer.from(reason) }));
	}

	function open({ stream, payload }: Frame): void {
		const request = parseOpenRequest(payload);
		if (stream === 0 || commands.has(stream)) fail(stream, 'the number of the stream is in use');
		else if (request === null) fail(stream, `the request is not one of version ${channelVersion}`);
		else if (commands.size >= maxStreams) fail(stream, `the guest runs ${maxStreams} commands already`);
		else if (processes >= maxProcesses)
			fail(stream, `${processes - commands.size} commands that were reset have not ended yet; try again`);
		else start(stream, request);
	}

	function start(stream: number, request: OpenRequest): void {
		try {
			const command = host.start(stream, request, () => {
				processes -= 1;
				// After a reset the number may be another command's.
				if (commands.get(stream) === command) commands.delete(stream);
			});
			processes += 1;
			commands.set(stream, command);
		} catch (error) {
			fail(stream, `service could not be started: ${errorMessage(error)}`);
		}
	}

	function resize(frame: Frame): void {
		const size = terminalSize(frame);
		if (size !== null) commands.get(frame.stream)?.resize(size);
	}

	function obey(frame: Frame): void {
		const command = commands.get(frame.stream);
		switch (frame.kind) {
			case channelKinds.hello:
				greet(frame);
				break;
			case channelKinds.open:
				open(frame);
				break;
			case channelKinds.resize:
				resize(frame);
				break;
			case channelKinds.stdin:
				command?.stdin(frame.payload);
				break;
			case channelKinds.grant:
				command?.grant(grantedBytes(frame));
				break;
			case channelKinds.signal:
				command?.signal(frame.code);
				break;
			case channelKinds.reset:
				commands.delete(frame.stream);
				command?.reset();
		}
	}

	host.send(encodeHello(session));
	return {
		add(bytes) {
			for (const frame of reader.add(bytes)) obey(frame);
		},
		close(reason) {
			for (const stream of commands.keys()) fail(stream, reason);
			endAll();
		},
	};
}
