// The console of a system, by xterm.js.

import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { createTypist, readStream, sendSize } from './connection.ts';
import { element } from './elements.ts';

export interface ConsoleView {
	readonly root: HTMLElement;
	/** Opens the console, once the element is shown. */
	show(): void;
	close(): void;
}

const againMs = 1000;

export function createConsoleView(system: string): ConsoleView {
	const root = element('div', { class: 'terminal' });
	const reading = new AbortController();
	let terminal: Terminal | null = null;
	let fit: FitAddon | null = null;
	const send = createTypist(system);
	/** The writes of old output that the terminal has not done yet. It answers the questions in it, which were answered long ago. */
	let oldWrites = 0;

	function open(): void {
		const made = new Terminal({
			fontSize: 13,
			scrollback: 5000,
			convertEol: false,
			theme: { background: '#10141b' },
		});
		const fitting = new FitAddon();
		made.loadAddon(fitting);
		withStyleNonce(() => made.open(root));
		made.onData((text) => {
			if (oldWrites === 0) send(text);
		});
		made.onResize(({ rows, cols }) => void sendSize(system, rows, cols));
		new ResizeObserver(() => {
			if (root.clientWidth > 0) fitting.fit();
		}).observe(root);
		[terminal, fit] = [made, fitting];
		void follow(made);
	}

	async function follow(made: Terminal): Promise<void> {
		while (!reading.signal.aborted) {
			made.reset();
			const write = (bytes: Uint8Array, isOld: boolean): void => {
				const change = isOld ? 1 : 0;
				oldWrites += change;
				made.write(bytes, () => {
					oldWrites -= change;
				});
			};
			await readStream('console', { system }, write, reading.signal).catch(() => undefined);
			await new Promise((resolve) => setTimeout(resolve, againMs));
		}
	}

	return {
		root,
		show() {
			if (terminal === null) open();
			fit?.fit();
			terminal?.focus();
		},
		close() {
			reading.abort();
			terminal?.dispose();
		},
	};
}

/** xterm.js makes style elements, which the page's policy allows only with the nonce that the server has given. */
function withStyleNonce(work: () => void): void {
	const nonce = document.querySelector('meta[name="style-nonce"]')?.getAttribute('content') ?? '';
	const create = document.createElement;
	document.createElement = ((name: string, options?: ElementCreationOptions) => {
		const made = create.call(document, name, options);
		if (name === 'style') made.nonce = nonce;
		return made;
	}) as typeof document.createElement;
	try {
		work();
	} finally {
		document.createElement = create;
	}
}
