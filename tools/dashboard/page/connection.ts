// The page's requests to the server. Their addresses are relative, so the token stays in the path.

import type { PageAction, PageMessage } from '../messages.ts';

/** Calls `onMessage` for each message; connects again by itself. `onState` tells whether it is connected. */
export function openEvents(
	onMessage: (message: PageMessage) => void,
	onState: (isOpen: boolean) => void,
): void {
	const source = new EventSource('events');
	source.onopen = () => onState(true);
	source.onerror = () => onState(false);
	source.onmessage = ({ data }: MessageEvent<string>) => onMessage(JSON.parse(data) as PageMessage);
}

/** Returns the reason why it could not be done, or null. */
export async function sendAction(system: string, action: PageAction): Promise<string | null> {
	try {
		const answer = await fetch(address('action', { system }), {
			method: 'POST',
			body: JSON.stringify(action),
		});
		return answer.ok ? null : (await answer.text()).trim();
	} catch (error) {
		return String(error);
	}
}

/** Returns a function that sends what is typed, in its order: one request at a time, with all that has come meanwhile. */
export function createTypist(system: string): (text: string) => void {
	let waiting = '';
	let isSending = false;
	async function send(): Promise<void> {
		isSending = true;
		while (waiting !== '') {
			const body = waiting;
			waiting = '';
			await fetch(address('console', { system }), { method: 'POST', body }).catch(() => undefined);
		}
		isSending = false;
	}
	return (text) => {
		waiting += text;
		if (!isSending) void send();
	};
}

export async function sendSize(system: string, rows: number, columns: number): Promise<void> {
	const query = { system, rows: String(rows), columns: String(columns) };
	await fetch(address('size', query), { method: 'POST' }).catch(() => undefined);
}

/**
 * Reads a stream until it ends or `signal` aborts.
 *
 * @param onBytes - `isOld`: they were there before the request
 */
export async function readStream(
	path: 'console' | 'logs',
	query: Readonly<Record<string, string>>,
	onBytes: (bytes: Uint8Array, isOld: boolean) => void,
	signal: AbortSignal,
): Promise<void> {
	const answer = await fetch(address(path, query), { signal });
	if (!answer.ok || answer.body === null) throw new Error((await answer.text()).trim());
	const reader = answer.body.getReader();
	let oldBytes = Number(answer.headers.get('x-old-bytes') ?? 0);
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return;
		onBytes(value, oldBytes > 0);
		oldBytes -= value.length;
	}
}

export function address(path: string, query: Readonly<Record<string, string>>): string {
	return `${path}?${new URLSearchParams(query).toString()}`;
}
