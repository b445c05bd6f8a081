// The numbers and times that options of `service` take, and those of the host's commands that end in it: the host refuses a wrong one
// before it asks a guest. Pure.

export interface OptionValue {
	/** Completes "expected ". */
	readonly expected: string;
	/** Returns null for what is none. */
	parse(text: string): number | null;
}

const sizeUnits: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const leastMemoryBytes = 2 ** 20;
const maxPids = 4_194_304;

export const lineCount: OptionValue = {
	expected: 'a number of lines',
	parse(text) {
		const lines = Number(text);
		return text !== '' && Number.isInteger(lines) && lines >= 0 ? lines : null;
	},
};

export const memorySize: OptionValue = {
	expected: 'a size of 1M or more, such as 64M or 1G',
	parse(text) {
		const [, digits = '', unit = ''] = /^(\d{1,12})([KMG]?)i?B?$/i.exec(text) ?? [];
		const bytes = Number(digits) * (sizeUnits[unit.toUpperCase()] ?? 1);
		return digits !== '' && bytes >= leastMemoryBytes && Number.isSafeInteger(bytes) ? bytes : null;
	},
};

export const processorCount: OptionValue = {
	expected: 'a number of processors, such as 0.5',
	parse(text) {
		const cpus = Number(text);
		return /^\d*\.?\d+$/.test(text) && cpus >= 0.01 && cpus <= 1024 ? cpus : null;
	},
};

export const processCount: OptionValue = {
	expected: 'a number of processes, from 1',
	parse: (text) =>
		/^\d{1,7}$/.test(text) && Number(text) >= 1 && Number(text) <= maxPids ? Number(text) : null,
};

/** A time in milliseconds since 1970. @param nowMs - the time now, on the clock of the guest */
export function sinceTime(nowMs: number): OptionValue {
	return {
		expected: 'one such as 10m, 2h or 2026-11-21T13:00:00Z',
		parse(text) {
			const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
			if (/^(\d+[smhd])+$/.test(text)) {
				const parts = [...text.matchAll(/(\d+)([smhd])/g)];
				return parts.reduce((at, [, number, unit = '']) => at - Number(number) * (units[unit] ?? 0), nowMs);
			}
			const atMs = Date.parse(text);
			return Number.isNaN(atMs) ? null : atMs;
		},
	};
}

/** The sentence for a text that `parse` returns null for. */
export function wrongValue(option: string, text: string, { expected }: OptionValue): string {
	return `${option} ${text}: expected ${expected}.`;
}

/** The sentence for the first of these values of `--env` that names no variable: each is `NAME=VALUE` or `NAME`. */
export function wrongVariable(option: string, texts: readonly string[]): string | null {
	const wrong = texts.find((text) => text === '' || text.startsWith('='));
	return wrong === undefined ? null : `${option} ${wrong}: expected NAME=VALUE, or NAME for its value here.`;
}
