// Forwards a service's records at once: to the console, over TCP, to syslog. It never waits for the receiver: records wait in
// a bounded queue, and when it is full, the oldest are dropped and their number is sent to the receiver. It retries an absent
// receiver with growing pauses as long as there is something to send.

import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseForwardAddress } from '../contract/forward-address.ts';
import type { LogRules } from '../contract/supervision.ts';
import { consoleFormat, type ForwardFormat, jsonFormat, syslogFormat } from './forward-format.ts';
import { ForwardQueue } from './forward-queue.ts';
import { consoleSender, type Sender, tcpSender, udpSender } from './forward-senders.ts';
import { lineFeed, parseRecord } from './log-line.ts';
import type { RecordTaker } from './service-log.ts';

interface Receiver {
	readonly format: ForwardFormat;
	readonly sender: Sender;
	/** The bytes of records sent at once, and the pause after them. Together they bound PID 1's time for the receiver. */
	readonly batchBytes: number;
	readonly batchPauseMs: number;
}

interface ForwarderObserver {
	/** The receiver became absent, or takes no more. */
	onAbsent(error: unknown): void;
	/** The receiver takes lines again. */
	onBack(): void;
}

export interface ForwarderLimits {
	readonly queueBytes: number;
	readonly firstPauseMs: number;
	readonly longestPauseMs: number;
	/** Returns milliseconds since the epoch. */
	readonly wallClock: () => number;
}

export const forwarderLimits: ForwarderLimits = {
	queueBytes: 1024 * 1024,
	firstPauseMs: 200,
	longestPauseMs: 30_000,
	wallClock: Date.now,
};

/** About 10 MB a second. */
const networkShare = { batchBytes: 64 * 1024, batchPauseMs: 5 };
/** A serial console takes 11 bytes a millisecond; the console would drop more. */
const consoleShare = { batchBytes: 4 * 1024, batchPauseMs: 50 };

/** The rules name a driver, but no valid address of a receiver. */
class ForwardAddressError extends Error {
	readonly code = 'ERR_FORWARD_ADDRESS';

	constructor(rules: LogRules) {
		super(
			`the log driver ${rules.driver} needs an address HOST:PORT${rules.driver === 'syslog' ? ' or udp://HOST:PORT' : ''}; it is ${rules.address ?? 'missing'}`,
		);
		this.name = 'ForwardAddressError';
	}
}

/** Returns null when the rules name no driver. Throws `ForwardAddressError`. */
export function receiverOf(
	rules: LogRules,
	service: string,
	console: (line: string) => void,
): Receiver | null {
	if (rules.driver === undefined) return null;
	if (rules.driver === 'console') {
		return { format: consoleFormat(service), sender: consoleSender(console), ...consoleShare };
	}
	const address = parseForwardAddress(rules.address ?? '');
	const overUdp = address?.protocol === 'udp';
	if (address === null || (overUdp && rules.driver === 'tcp')) throw new ForwardAddressError(rules);
	const format = rules.driver === 'tcp' ? jsonFormat(service) : syslogFormat(service, hostname(), !overUdp);
	const sender = overUdp ? udpSender(address) : tcpSender(address);
	return { format, sender, ...networkShare };
}

export function createForwarder(
	receiver: Receiver,
	observer: ForwarderObserver,
	limits: ForwarderLimits = forwarderLimits,
): RecordTaker {
	const { format, sender, batchBytes, batchPauseMs } = receiver;
	const queue = new ForwardQueue(limits.queueBytes);
	const closing = new AbortController();
	let sending = false;
	let absent = false;

	/** Sends until nothing is left; after `close`, until a message can't be sent. Never rejects. */
	async function send(): Promise<void> {
		let pauseMs = limits.firstPauseMs;
		let batch: Buffer = Buffer.alloc(0);
		while (batch.length > 0 || !queue.isEmpty) {
			if (batch.length === 0) batch = queue.take(batchBytes);
			const { droppedLines } = queue;
			try {
				const messages = messagesOf(batch);
				if (droppedLines > 0) messages.unshift(format.dropped(droppedLines, limits.wallClock()));
				await sender.send(messages);
				queue.forgetDropped(droppedLines);
				if (absent) observer.onBack();
				absent = false;
				batch = Buffer.alloc(0);
				pauseMs = limits.firstPauseMs;
				await pauseFor(batchPauseMs);
			} catch (error) {
				if (!absent) observer.onAbsent(error);
				absent = true;
				if (closing.signal.aborted) break;
				await pauseFor(pauseMs);
				pauseMs = Math.min(pauseMs * 2, limits.longestPauseMs);
			}
		}
	}

	function messagesOf(batch: Buffer): Buffer[] {
		const messages: Buffer[] = [];
		for (let from = 0; from < batch.length; ) {
			const to = batch.indexOf(lineFeed, from);
			const record = parseRecord(batch.subarray(from, to));
			if (record !== null) messages.push(format.record(record));
			from = to + 1;
		}
		return messages;
	}

	async function pauseFor(pauseMs: number): Promise<void> {
		try {
			await pause(pauseMs, undefined, { ref: false, signal: closing.signal });
		} catch {
			// `close` aborted the pause: the remaining records are sent at once, or not at all.
		}
	}

	async function run(): Promise<void> {
		sending = true;
		await send();
		sending = false;
		if (closing.signal.aborted) sender.close();
	}

	return {
		take(records) {
			queue.add(records);
			if (!sending) void run();
		},
		close() {
			closing.abort();
			if (!sending) sender.close();
		},
	};
}
