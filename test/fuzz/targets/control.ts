// Fuzzes what PID 1 reads: requests on the control socket, commands of the host on the event port; and events,
// which the host reads from a guest.

import { LineSplitter } from '../../../init/reporting/event-port.ts';
import { parseHostCommand } from '../../../init/reporting/host-command.ts';
import { parseRequest } from '../../../supervisor/control/parse-request.ts';
import { createEventReader } from '../../../tools/machine/guest-events.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';
import { jsonWords } from '../support/json-words.ts';

const maxLineBytes = 4096;

export const target: FuzzTarget = {
	seeds: [
		'{"id":1,"command":"signal","name":"a","signal":"SIGHUP"}\n{"id":2,"command":"wait","name":"a","for":"ready"}',
		'{"id":3,"command":"power","action":"reboot"}\n{"command":"events","follow":true}\n{"command":"pid1"}',
		'{"command":"fault","kind":"segv"}\n{"command":"poweroff"}\n',
		'{"event":"stage","at":1,"msg":"m","stage":"s","state":"done"}\n{"event":"onboot","at":1,"msg":"","name":"a","state":"b","lastLines":["x"]}\n',
		'{"event":"service","at":1,"msg":"","name":"a","state":"b"}\n{"event":"shutdown","at":1,"msg":"","action":"halt"}\n',
	],
	words: jsonWords,
	declares: never,
	run(input) {
		for (const line of input.toString('utf8').split('\n')) {
			const parsed = parseRequest(line);
			if ('request' in parsed && typeof parsed.request.command !== 'string')
				throw new Violation('a request without a command');
		}
		const splitter = new LineSplitter(maxLineBytes);
		let events = 0;
		const read = createEventReader((event) => {
			events += 1;
			if (typeof event.msg !== 'string' || typeof event.at !== 'number')
				throw new Violation('an event of another shape');
		});
		for (let at = 0; at < input.length; at += 1000) {
			const piece = input.subarray(at, at + 1000);
			read(piece);
			for (const line of splitter.add(piece)) parseHostCommand(line);
		}
		if (events > input.length / 2) throw new Violation(`${events} events`);
	},
};
