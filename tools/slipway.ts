// The entry of the executable: it connects `main()` with the real streams and the real exit code.

import { main } from './cli.ts';
import { endWithoutReader } from './files/early-end.ts';

// A reader that goes away (`slipway cache ls | head -1`) ends slipway as it ends any program.
for (const stream of [process.stdout, process.stderr]) {
	stream.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code === 'EPIPE') endWithoutReader();
		else process.exit(1);
	});
}

void main(process.argv.slice(2), { out: process.stdout, err: process.stderr }).then((code) => {
	process.exitCode = code;
});
