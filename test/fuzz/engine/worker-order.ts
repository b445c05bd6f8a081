// The messages to the process that fuzzes, and from it.

export interface WorkerOrder {
	/** The instrumented bundle, an absolute path. */
	readonly script: string;
	readonly counterCount: number;
	readonly literals: readonly string[];
	readonly seed: number;
	readonly seconds: number;
	/** The inputs in the repository. */
	readonly corpusFolder: string;
	readonly findingsFolder: string;
	/** All that earlier runs on this machine learnt. */
	readonly workFolder: string;
	/** The input that runs: two numbers (a count of runs and the length, native 32 bits), then its bytes. */
	readonly currentFile: string;
}

export interface WorkerReport {
	readonly runs: number;
	readonly edges: number;
	readonly corpusSize: number;
	/** Paths of new findings. */
	readonly found: readonly string[];
}
