// The signal with which an image asks to be stopped (STOPSIGNAL of a Dockerfile; image-spec, `config.md`, `StopSignal`): the
// default of a service's `stop.signal`.

import { signalName, signalNumber } from '../../../supervisor/contract/signals.ts';

/** Returns `SIGTERM`, … for a name with or without `SIG`, or for a number; null for anything else, and for none. */
export function parseStopSignal(text: string | undefined): string | null {
	if (text === undefined) return null;
	if (/^[0-9]{1,3}$/.test(text)) return signalName(Number(text));
	const name = text.toUpperCase().replace(/^(?:SIG)?/, 'SIG');
	return signalNumber(name) === null ? null : name;
}
