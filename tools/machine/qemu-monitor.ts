// One command for QEMU's monitor, in the QEMU Machine Protocol (docs/interop/qmp-spec of QEMU).

import { connect } from 'node:net';
import { printable } from '../../native/text/printable.ts';
import { isRecord, type JsonRecord } from '../../supervisor/contract/json-shape.ts';
import { SlipwayError } from '../errors.ts';

const timeoutMs = 10_000;
/** A monitor's answers are a few hundred bytes. */
const maxLineLength = 1024 * 1024;

/** Presses the machine's power button: most operating systems then power off. */
export async function pressPowerButton(monitor: string): Promise<void> {
	await monitorCommand(monitor, 'system_powerdown');
}

/**
 * Resolves once QEMU has taken the command. Throws a `SlipwayError` when QEMU refuses it or does not answer within 10 s.
 *
 * @param monitor - the path of the monitor's socket
 * @param parameters - the command's `arguments`
 */
export async function monitorCommand(
	monitor: string,
	command: string,
	parameters: JsonRecord = {},
): Promise<void> {
	const failed = (reason: string): SlipwayError =>
		new SlipwayError('TOOL_FAILED', `QEMU's monitor did not take ${command}: ${printable(reason)}`);
	const requests = [
		{ execute: 'qmp_capabilities', id: 'ready' },
		{ execute: command, arguments: parameters, id: 'done' },
	];
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	const socket = connect({ path: monitor });
	let text = '';
	socket.setTimeout(timeoutMs, () => reject(failed(`no answer within ${timeoutMs / 1000} s`)));
	socket.on('error', ({ message }) => reject(failed(message)));
	socket.on('close', () => reject(failed('it closed the connection')));
	socket.on('data', (bytes) => {
		const lines = (text + bytes.toString('utf8')).split('\n');
		text = lines.pop() ?? '';
		if (text.length > maxLineLength) reject(failed('its answer has no end'));
		for (const line of lines) {
			const { QMP: greeting, id, error } = parseAnswer(line);
			if (isRecord(error)) reject(failed(String(error['desc'])));
			else if (id === 'done') resolve();
			// Between the answers there may be events, which have no id.
			else if (greeting !== undefined || id === 'ready')
				socket.write(`${JSON.stringify(requests.shift())}\n`);
		}
	});
	await promise.finally(() => socket.destroy());
}

function parseAnswer(line: string): JsonRecord {
	try {
		const answer: unknown = JSON.parse(line);
		return isRecord(answer) ? answer : {};
	} catch {
		return {};
	}
}
