// Tells the guest the size of the terminal that shows its console: at the start of each PID 1, and whenever it changes.

import type { GuestEventLine, HostCommand } from '../../supervisor/contract/events.ts';

/** A guest's event port. */
interface Guest {
	readonly emitter: {
		on(event: 'event', listener: (event: GuestEventLine) => void): unknown;
		off(event: 'event', listener: (event: GuestEventLine) => void): unknown;
	};
	/** The events so far. */
	readonly events: readonly GuestEventLine[];
	command(command: HostCommand): void;
}

/** What shows the console; one that is no terminal has no size. */
export interface Screen {
	readonly isTTY?: boolean;
	readonly rows?: number;
	readonly columns?: number;
	on(event: 'resize', listener: () => void): unknown;
	off(event: 'resize', listener: () => void): unknown;
}

/** Returns the function that ends it. */
export function followScreenSize({ emitter, events, command }: Guest, screen: Screen): () => void {
	// What is sent before PID 1 listens is lost in part.
	let isListening = events.length > 0;
	const tell = (): void => {
		const { isTTY = false, rows = 0, columns = 0 } = screen;
		if (isListening && isTTY && rows > 0 && columns > 0) command({ command: 'resize', rows, columns });
	};
	const onEvent = ({ event }: GuestEventLine): void => {
		if (isListening && event !== 'init') return;
		isListening = true;
		tell();
	};
	emitter.on('event', onEvent);
	screen.on('resize', tell);
	tell();
	return () => {
		emitter.off('event', onEvent);
		screen.off('resize', tell);
	};
}
