// Finds the modules for a device in modules.alias. Its lines are `alias PATTERN MODULE`, where PATTERN is a glob for a
// device's `modalias` (depmod(8), modprobe.d(5)).
//
// Thousands of patterns meet hundreds of devices. The index keeps patterns by their bus, the text before the first colon,
// and matches a pattern only when the device has its literal beginning.

import { matchesGlob } from './matches-glob.ts';

interface Pattern {
	/** The text before the first wildcard. */
	readonly literal: string;
	readonly glob: string;
	readonly module: string;
}

export class AliasIndex {
	readonly #byBus = new Map<string, Pattern[]>();

	constructor(aliasFile: string) {
		for (const line of aliasFile.split('\n')) {
			const [keyword, glob, module] = line.split(' ');
			if (keyword !== 'alias' || glob === undefined || module === undefined) continue;
			const bus = busOf(glob);
			const pattern = { literal: literalOf(glob), glob, module };
			const bucket = this.#byBus.get(bus);
			if (bucket === undefined) this.#byBus.set(bus, [pattern]);
			else bucket.push(pattern);
		}
	}

	/** Returns the modules for a device, in the file's order, each once. */
	modulesFor(modalias: string): string[] {
		const bus = busOf(modalias);
		// A few globs have a wildcard before their colon. They are under the empty bus.
		const candidates = [...(this.#byBus.get(bus) ?? []), ...(bus === '' ? [] : (this.#byBus.get('') ?? []))];
		const found = candidates.filter(
			({ literal, glob }) => modalias.startsWith(literal) && matchesGlob(modalias, glob),
		);
		return [...new Set(found.map(({ module }) => module))];
	}
}

function busOf(text: string): string {
	const colon = text.indexOf(':');
	const bus = colon < 0 ? '' : text.slice(0, colon);
	return /[*?[\\]/.test(bus) ? '' : bus;
}

function literalOf(glob: string): string {
	const wildcard = glob.search(/[*?[\\]/);
	return wildcard < 0 ? glob : glob.slice(0, wildcard);
}
