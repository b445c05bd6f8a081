// The connection between `service exec` and its program: three descriptors for the program, and stdin, stdout and stderr of
// `service`. The program never gets the descriptors of `service`: with one of a terminal it could read what is typed later.

export interface ExecStreams {
	/** The program's descriptors 0, 1 and 2. */
	readonly stdio: readonly [number, number, number];
	/**
	 * Call it when the program has its descriptors.
	 *
	 * @param onHangup - is called when the terminal of `service` is gone
	 */
	begin(onHangup: () => void): void;
	/**
	 * Passes on the rest of the program's output, closes everything, and restores the terminal of `service`. Call it too when the
	 * program could not be started.
	 */
	finish(): Promise<void>;
}
