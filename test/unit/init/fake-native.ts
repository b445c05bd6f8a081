// A binding that does nothing but write down what it was asked. Constants are made up, each a bit or a number of
// its own, so that a test which compares two of them compares their names.

import type { Native } from '../../../native/native.ts';

export interface Call {
	readonly method: string;
	readonly args: readonly unknown[];
}

export interface FakeNative {
	readonly native: Native;
	readonly calls: readonly Call[];
	/** `mount tmpfs /run`, ...: each call as one line. */
	lines(): string[];
}

type Answers = { readonly [method in keyof Native]?: (...args: never[]) => unknown };

export function createFakeNative(answers: Answers = {}): FakeNative {
	const calls: Call[] = [];
	const numbers = new Map<string, number>();
	const constants = new Proxy({} as Record<string, number>, {
		get(_, name: string) {
			const known = numbers.get(name);
			if (known !== undefined) return known;
			const value = 2 ** (numbers.size % 50);
			numbers.set(name, value);
			return value;
		},
	});
	const native = new Proxy({} as Native, {
		get(_, method: string) {
			if (method === 'constants') return constants;
			return (...args: unknown[]) => {
				calls.push({ method, args });
				const answer = (answers as Record<string, ((...args: unknown[]) => unknown) | undefined>)[method];
				return answer?.(...args);
			};
		},
	});
	return {
		native,
		calls,
		lines: () => calls.map(({ method, args }) => [method, ...args].join(' ')),
	};
}
