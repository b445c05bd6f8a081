// The loop of fuzzing: takes a known input, changes it, runs it, and keeps what reaches something new.

import { Coverage } from './coverage.ts';
import { findGrowth } from './growth.ts';
import { type Finding, judge, judgeBeside } from './judge.ts';
import { type Material, mutate } from './mutate.ts';
import { type Random, randomFrom } from './random.ts';
import { asBuffers, defaultMaxBytes, type FuzzTarget } from './target.ts';

export interface FuzzerEvents {
	/** Is called before each run, so that another process can tell what a run that never ends was given. */
	running(input: Buffer): void;
	/** The input has reached something new. */
	learnt(input: Buffer): void;
	found(finding: Finding, input: Buffer): void;
}

/** Such inputs keep their changes near each other, and recent ones are where something new was found. */
const recentCount = 24;
const shortInputBytes = 2048;
/** The inputs that are held in memory. */
const maxCorpusBytes = 64 * 1024 * 1024;
/** So many runs apart, an input is repeated to see how its time grows. */
const growthEvery = 400;

export class Fuzzer {
	readonly #target: FuzzTarget;
	readonly #coverage: Coverage;
	readonly #random: Random;
	readonly #events: FuzzerEvents;
	readonly #words: readonly Buffer[];
	readonly #corpus: Buffer[] = [];
	#corpusBytes = 0;
	runs = 0;

	constructor(
		target: FuzzTarget,
		counters: Uint32Array,
		options: { readonly seed: number; readonly literals: readonly string[]; readonly events: FuzzerEvents },
	) {
		this.#target = target;
		this.#coverage = new Coverage(counters);
		this.#random = randomFrom(options.seed);
		this.#events = options.events;
		this.#words = [...asBuffers(target.words ?? []), ...asBuffers(options.literals)];
	}

	get edges(): number {
		return this.#coverage.edges;
	}

	get corpusSize(): number {
		return this.#corpus.length;
	}

	/** Runs the target's seeds and the given inputs, which are the beginning of the corpus. */
	async start(inputs: readonly Buffer[]): Promise<void> {
		for (const input of [...asBuffers(this.#target.seeds), ...inputs]) {
			await this.#run(input);
			this.#keep(input);
		}
		if (this.#corpus.length === 0) this.#keep(Buffer.from('a'));
	}

	async runUntil(isOver: () => boolean): Promise<void> {
		while (!isOver()) {
			const base = this.#someInput();
			if (this.runs % growthEvery === growthEvery - 1) await this.#probeGrowth(base);
			const input = this.#changed(base);
			if (!(await this.#run(input))) continue;
			this.#keep(input);
			this.#events.learnt(input);
			const difference = await judgeBeside(this.#target, input);
			if (difference !== null) this.#events.found(difference, input);
		}
	}

	#someInput(): Buffer {
		const { length } = this.#corpus;
		const offset = this.#random.below(2) === 0 ? 0 : Math.max(0, length - recentCount);
		const pick = (): Buffer => this.#corpus[offset + this.#random.below(length - offset)] ?? Buffer.alloc(0);
		let input = pick();
		// Short inputs run faster, and a change in them hits something more often. Long ones have their turn.
		for (let tries = 0; tries < 4 && input.length > shortInputBytes; tries++) {
			if (this.#random.below(8) === 0) return input;
			const other = pick();
			if (other.length < input.length) input = other;
		}
		return input;
	}

	#changed(base: Buffer): Buffer {
		const material: Material = {
			corpus: this.#corpus,
			words: this.#words,
			maxBytes: this.#target.maxBytes ?? defaultMaxBytes,
		};
		const input = mutate(base, this.#random, material);
		if (this.#target.repair === undefined || this.#random.below(5) === 0) return input;
		return this.#target.repair(input).subarray(0, material.maxBytes);
	}

	async #run(input: Buffer): Promise<boolean> {
		this.#events.running(input);
		this.#coverage.start();
		const { finding } = await judge(this.#target, input);
		this.runs += 1;
		if (finding !== null) this.#events.found(finding, input);
		return this.#coverage.add();
	}

	async #probeGrowth(base: Buffer): Promise<void> {
		this.#events.running(base);
		const grown = await findGrowth(this.#target, base, this.#random, (input) => this.#events.running(input));
		if (grown !== null) this.#events.found({ kind: 'growth', text: grown.text }, grown.input);
	}

	#keep(input: Buffer): void {
		if (this.#corpusBytes + input.length > maxCorpusBytes) return;
		this.#corpus.push(input);
		this.#corpusBytes += input.length;
	}
}
