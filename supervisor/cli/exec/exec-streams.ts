// What joins `service exec` and the program that it has started: three descriptors on the program's side, our own stdin,
// stdout and stderr on the other. The program never gets our own descriptors: with one of a terminal it could read what
// is typed there later.

export interface ExecStreams {
	/** The program's descriptors 0, 1 and 2. */
	readonly stdio: readonly [number, number, number];
	/**
	 * The program has them now.
	 *
	 * @param onHangup - our own terminal is gone
	 */
	begin(onHangup: () => void): void;
	/**
	 * Passes on the rest of what the program has written, closes everything and undoes what was done to our terminal;
	 * also right where the program could not be started.
	 */
	finish(): Promise<void>;
}
