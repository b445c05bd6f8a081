// The entry of the executable: it connects `main()` with the real streams and the real exit code.

import { main } from './cli.ts';
import { relayMain, relayWord } from './control/relay-process.ts';
import { endWithoutReader } from './files/early-end.ts';

// A reader that goes away (`slipway cache ls | head -1`) ends slipway as it ends any program.
for (const stream of [process.stdout, process.stderr]) {
	stream.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code === 'EPIPE') return endWithoutReader();
		if (stream === process.stdout)
			process.stderr.write(`slipway: The output can't be written: ${error.message}.\n`);
		process.exit(1);
	});
}

const [word, ...rest] = process.argv.slice(2);
const streams = { out: process.stdout, err: process.stderr };
// The relay is no command of its own: other commands start it.
const ended = word === relayWord ? relayMain(rest) : main(process.argv.slice(2), streams);
void ended.then((code) => {
	process.exitCode = code;
});
