// The log of a service, which follows what is added. Lines are text; colours and other control sequences are left out.

import { readStream } from './connection.ts';
import { element } from './elements.ts';

export interface LogsView {
	readonly root: HTMLElement;
	/** Shows the log of another service, `init` for PID 1's; null for none. */
	show(system: string, service: string | null): void;
}

const maxLines = 5000;
const [esc, bell] = ['\u001b', '\u0007'] as const;
/** ECMA-48 control sequences, and the other escape sequences of terminals. */
const sequences = new RegExp(
	`${esc}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${bell}${esc}]*(?:${bell}|${esc}\\\\)?|[ -/]*[0-~])`,
	'g',
);
const controls = /(?![\t])[\p{Cc}\p{Cf}]/gu;
const againMs = 1000;

export function createLogsView(): LogsView {
	const lines = element('div', { class: 'lines' });
	const root = element('div', { class: 'log', more: { tabindex: '0' } }, lines);
	let reading = new AbortController();
	let shown = '';

	/** Stays at the end unless the reader has scrolled up. */
	function add(text: readonly string[]): void {
		const follows = root.scrollHeight - root.scrollTop - root.clientHeight < 40;
		lines.append(...text.map((line) => element('div', { text: line === '' ? ' ' : line })));
		while (lines.childElementCount > maxLines) lines.firstElementChild?.remove();
		if (follows) root.scrollTop = root.scrollHeight;
	}

	async function follow(system: string, service: string, signal: AbortSignal): Promise<void> {
		const decoder = new TextDecoder();
		let rest = '';
		let isNew = true;
		await readStream(
			'logs',
			{ system, service },
			(bytes) => {
				if (isNew) lines.replaceChildren();
				isNew = false;
				const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
				rest = parts.pop() ?? '';
				add(parts.map(plain));
			},
			signal,
		);
	}

	return {
		root,
		show(system, service) {
			const key = JSON.stringify([system, service]);
			if (key === shown) return;
			shown = key;
			reading.abort();
			reading = new AbortController();
			lines.replaceChildren();
			if (service === null) return;
			const { signal } = reading;
			const repeat = async (): Promise<void> => {
				while (!signal.aborted) {
					await follow(system, service, signal).catch((error: unknown) => {
						if (!signal.aborted && lines.childElementCount === 0) add([plain(String(error))]);
					});
					await new Promise((resolve) => setTimeout(resolve, againMs));
				}
			};
			void repeat();
		},
	};
}

function plain(line: string): string {
	return line.replaceAll(sequences, '').replaceAll(controls, ' ');
}
