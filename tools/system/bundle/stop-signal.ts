// The signal with which an image asks to be stopped (STOPSIGNAL of a Dockerfile; image-spec, `config.md`, `StopSignal`): the
// default of a service's `stop.signal`.

import { printable } from '../../../native/text/printable.ts';
import { signalName, signalNumber } from '../../../supervisor/contract/signals.ts';
import { imageOf, type Plan } from '../../resolve/plan.ts';

/** A name has few characters; an image may have written anything. */
const maxShownLength = 40;

/** Returns `SIGTERM`, … for a name with or without `SIG`, or for a number; null for anything else, and for none. */
export function parseStopSignal(text: string | undefined): string | null {
	if (text === undefined) return null;
	if (/^[0-9]{1,3}$/.test(text)) return signalName(Number(text));
	const name = text.toUpperCase().replace(/^(?:SIG)?/, 'SIG');
	return signalNumber(name) === null ? null : name;
}

/** Returns a line for each service whose image has a signal that can't be used, unless the YAML says another. */
export function unknownStopSignalLines(plan: Plan): readonly string[] {
	return plan.config.services.flatMap(({ name, image, stop }) => {
		const { StopSignal: text = '' } = imageOf(plan, image).config.config;
		if (text === '' || stop?.signal !== undefined || parseStopSignal(text) !== null) return [];
		const shown = printable(text.slice(0, maxShownLength));
		return [
			`services/${name}: the image ${image} asks to be stopped by "${shown}", which is no signal that slipway can send. ` +
				'SIGTERM is sent; "stop: signal:" in the YAML names another.',
		];
	});
}
