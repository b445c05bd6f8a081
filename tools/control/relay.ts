// The relay of one machine's port `slipway.control` (supervisor/contract/channel-protocol.ts). QEMU's socket has one client at a time, so
// the relay holds it and serves any number of clients on a socket of its own, in the same frames: a client's command is
// stream 1. The guest is not trusted: it can make the relay neither throw nor keep more than a bounded number of bytes.

import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import {
	channelKinds,
	channelVersion,
	encodeFrame,
	encodeHello,
	type Frame,
	sessionBytes,
	windowBytes,
} from '../../supervisor/contract/channel-protocol.ts';
import { createFrameReader } from '../../supervisor/contract/frame-reader.ts';

/** The number of a client's one command on its own socket. */
export const clientStream = 1;

export interface RelayTimes {
	/** How long a client waits for a guest that does not answer. */
	readonly answerMs: number;
	/** The relay ends when it has had no client for so long. */
	readonly idleMs: number;
	/** A hello is repeated at this interval: a guest that restarts loses the first one. */
	readonly helloMs: number;
}

const relayTimes: RelayTimes = { answerMs: 60_000, idleMs: 60_000, helloMs: 3000 };

/** A guest sends no more than it is granted; with more, it loses the client. */
const maxUnreadBytes = 4 * windowBytes;

const noAnswer =
	'the guest does not answer through its port slipway.control. Does it still boot, or hang? ' +
	'Is its init image older than this slipway, or its kernel without virtio_console?';

/**
 * Resolves when the machine has ended or nobody has needed the relay for a while. Rejects when QEMU's socket or the own one can't
 * be opened.
 */
export async function runRelay(
	{ port, listen }: { readonly port: string; readonly listen: (server: Server) => Promise<void> },
	times: RelayTimes = relayTimes,
): Promise<void> {
	const socket = connect(port);
	await new Promise<void>((resolve, reject) => {
		socket.once('connect', resolve);
		socket.once('error', reject);
	});
	const relay = new Relay(socket, times);
	const server = createServer((client) => relay.accept(client));
	try {
		await listen(server);
		await relay.ended;
	} finally {
		server.close();
		socket.destroy();
	}
}

interface Client {
	readonly socket: Socket;
	/** The number of its command in the guest; null before it has one. */
	stream: number | null;
	/** What it has sent before the guest is there. */
	readonly early: Frame[];
}

class Relay {
	readonly ended: Promise<void>;
	readonly #port: Socket;
	readonly #times: RelayTimes;
	readonly #clients = new Set<Client>();
	readonly #byStream = new Map<number, Client>();
	#end: () => void = () => undefined;
	#session = randomBytes(sessionBytes);
	#isReady = false;
	/** Why the guest can't be spoken with. */
	#refusal: string | null = null;
	#lastStream = 0;
	#idle: NodeJS.Timeout | undefined;

	constructor(port: Socket, times: RelayTimes) {
		this.#port = port;
		this.#times = times;
		this.ended = new Promise((resolve) => {
			this.#end = resolve;
		});
		const reader = createFrameReader(false);
		port.on('data', (bytes: Buffer) => {
			const wasInStep = reader.isInStep;
			for (const frame of reader.add(bytes)) this.#fromGuest(frame);
			if (wasInStep && !reader.isInStep) this.#startSession('the guest has sent something that is no frame');
		});
		port.on('error', () => undefined);
		port.on('close', () => {
			for (const client of this.#clients) this.#fail(client, 'the machine has ended');
			this.#end();
		});
		const repeating = setInterval(() => this.#greet(), times.helloMs);
		void this.ended.then(() => clearInterval(repeating));
		this.#greet();
		this.#watchIdle();
	}

	accept(socket: Socket): void {
		const client: Client = { socket, stream: null, early: [] };
		this.#clients.add(client);
		clearTimeout(this.#idle);
		const reader = createFrameReader(true);
		const late = setTimeout(() => {
			if (!this.#isReady) this.#fail(client, noAnswer);
		}, this.#times.answerMs);
		if (this.#refusal !== null) this.#fail(client, this.#refusal);
		socket.on('data', (bytes: Buffer) => {
			for (const frame of reader.add(bytes)) this.#fromClient(client, frame);
			if (!reader.isInStep) socket.destroy();
		});
		socket.on('error', () => undefined);
		socket.on('close', () => {
			clearTimeout(late);
			this.#forget(client);
		});
	}

	/** Says hello until the guest answers. A port that nobody reads takes nothing; what waits for it is enough. */
	#greet(): void {
		if (!this.#isReady && this.#port.writableLength === 0) this.#port.write(encodeHello(this.#session));
	}

	#startSession(reason: string): void {
		this.#failAll(reason);
		this.#isReady = false;
		this.#session = randomBytes(sessionBytes);
		this.#greet();
	}

	#fromGuest(frame: Frame): void {
		if (frame.kind === channelKinds.hello) this.#onHello(frame);
		else if (this.#isReady) this.#toClient(frame);
	}

	#onHello({ code, payload }: Frame): void {
		if (!this.#session.equals(payload)) {
			// The guest's program has started, anew if it was there before.
			if (this.#isReady)
				this.#startSession("the guest's end of the port slipway.control has ended, and its commands with it");
			else this.#greet();
		} else if (code !== channelVersion) {
			this.#refusal = `the guest speaks version ${code} of the protocol, this slipway version ${channelVersion}`;
			for (const client of this.#clients) this.#fail(client, this.#refusal);
		} else if (!this.#isReady) {
			this.#isReady = true;
			for (const client of this.#clients) {
				for (const frame of client.early.splice(0)) this.#toGuest(client, frame);
			}
		}
	}

	#toClient(frame: Frame): void {
		const client = this.#byStream.get(frame.stream);
		if (client === undefined) return;
		const { socket } = client;
		socket.write(encodeFrame({ ...frame, stream: clientStream }));
		if (frame.kind === channelKinds.exit || frame.kind === channelKinds.failed) {
			this.#byStream.delete(frame.stream);
			client.stream = null;
			socket.end();
		} else if (socket.writableLength > maxUnreadBytes) socket.destroy();
	}

	#fromClient(client: Client, frame: Frame): void {
		if (this.#isReady) this.#toGuest(client, frame);
		else if (client.early.length < 16) client.early.push(frame);
		// A client has no grants yet, so it has little to say.
		else client.socket.destroy();
	}

	#toGuest(client: Client, frame: Frame): void {
		const { kind } = frame;
		if (kind === channelKinds.open && client.stream === null) {
			this.#lastStream += 1;
			client.stream = this.#lastStream;
			this.#byStream.set(client.stream, client);
		}
		if (client.stream !== null) this.#port.write(encodeFrame({ ...frame, stream: client.stream }));
	}

	#fail(client: Client, reason: string): void {
		const payload = Buffer.from(reason);
		client.stream = null;
		client.socket.end(encodeFrame({ kind: channelKinds.failed, stream: clientStream, payload }));
	}

	#failAll(reason: string): void {
		for (const client of this.#byStream.values()) {
			this.#fail(client, reason);
		}
		this.#byStream.clear();
	}

	#forget(client: Client): void {
		this.#clients.delete(client);
		if (client.stream !== null) {
			this.#byStream.delete(client.stream);
			this.#port.write(encodeFrame({ kind: channelKinds.reset, stream: client.stream }));
		}
		this.#watchIdle();
	}

	#watchIdle(): void {
		if (this.#clients.size > 0) return;
		clearTimeout(this.#idle);
		// Without the sockets, the timer keeps no process running.
		this.#idle = setTimeout(() => this.#end(), this.#times.idleMs).unref();
	}
}
