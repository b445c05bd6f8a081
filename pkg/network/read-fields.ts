// Reads the fields of a YAML map that nobody has checked. Each problem has the path of its value, from which the caller finds its line.

export type Path = readonly (string | number)[];

export interface FieldProblem {
	readonly path: Path;
	readonly message: string;
	/** Nothing reads the key. */
	readonly isUnknownKey?: true;
}

/** One map: what is read is known, and `done()` reports the rest. */
export class Fields {
	readonly path: Path;
	readonly #values: ReadonlyMap<string, unknown>;
	readonly #problems: FieldProblem[];
	readonly #known = new Set<string>();

	constructor(value: unknown, path: Path, problems: FieldProblem[]) {
		this.path = path;
		this.#problems = problems;
		const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
		if (!isMap && value !== undefined && value !== null) problems.push({ path, message: 'expected a map' });
		this.#values = new Map(isMap ? Object.entries(value) : []);
	}

	/** Returns the value, or undefined. */
	value(key: string): unknown {
		this.#known.add(key);
		return this.#values.get(key) ?? undefined;
	}

	keys(): string[] {
		return [...this.#values.keys()];
	}

	report(message: string, ...path: Path): void {
		this.#problems.push({ path: [...this.path, ...path], message });
	}

	map(key: string): Fields {
		return new Fields(this.value(key), [...this.path, key], this.#problems);
	}

	/** The map at one place of a list. */
	item(key: string, index: number): Fields {
		return new Fields(this.items(key)[index], [...this.path, key, index], this.#problems);
	}

	flag(key: string): boolean {
		const value = this.value(key);
		if (value !== undefined && typeof value !== 'boolean') this.report('expected true or false', key);
		return value === true;
	}

	integer(key: string, least: number, most: number): number | null {
		const value = this.value(key);
		if (value === undefined) return null;
		if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
		this.report(`expected a number from ${least} to ${most}`, key);
		return null;
	}

	/** @param read - returns null for a text that is not valid */
	text<T>(key: string, expected: string, read: (text: string) => T | null): T | null {
		const value = this.value(key);
		return value === undefined ? null : this.#read(value, expected, read, [key]);
	}

	/** Returns the items that are valid. */
	texts<T>(key: string, expected: string, read: (text: string) => T | null): T[] {
		return this.items(key).flatMap((item, index) => this.#read(item, expected, read, [key, index]) ?? []);
	}

	items(key: string): readonly unknown[] {
		const value = this.value(key);
		if (value === undefined) return [];
		if (Array.isArray(value)) return value;
		this.report('expected a list', key);
		return [];
	}

	done(): void {
		for (const key of this.keys()) {
			if (this.#known.has(key)) continue;
			const message = `this key is not known here. Known: ${[...this.#known].join(', ')}`;
			this.#problems.push({ path: [...this.path, key], message, isUnknownKey: true });
		}
	}

	#read<T>(value: unknown, expected: string, read: (text: string) => T | null, path: Path): T | null {
		const found = typeof value === 'string' || typeof value === 'number' ? read(String(value)) : null;
		if (found === null) this.report(`expected ${expected}`, ...path);
		return found;
	}
}
