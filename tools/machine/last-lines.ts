// Keeps the end of the guest's console for error messages. The size is limited: the guest may print for days.

import { printableLines } from '../../native/text/printable.ts';

const maxLines = 30;
const maxLineLength = 1000;

export interface LastLines {
	add(bytes: Buffer): void;
	/** At most `maxLines` lines, oldest first. */
	text(): string;
}

/** @param onLine - gets each line once it is complete */
export function createLastLines(onLine: (line: string) => void = () => undefined): LastLines {
	const lines: string[] = [];
	let open = '';
	return {
		add(bytes) {
			const parts = (open + bytes.toString('latin1')).split('\n');
			open = (parts.pop() ?? '').slice(-maxLineLength);
			for (const line of parts.map(clean)) {
				lines.push(line);
				onLine(line);
			}
			lines.splice(0, lines.length - maxLines);
		},
		text() {
			return [...lines, clean(open)].filter((line) => line !== '').join('\n');
		},
	};
}

function clean(line: string): string {
	const text = Buffer.from(line.slice(0, maxLineLength), 'latin1').toString('utf8');
	// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal control sequences are taken out
	const plain = text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
	return printableLines(plain).trimEnd();
}
