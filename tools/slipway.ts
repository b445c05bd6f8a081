// The executable's entry: the real streams, the real exit code.

import { main } from './cli.ts';

// A reader that goes away (`slipway cache ls | head -1`) ends us as it ends any tool.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
	process.exit(error.code === 'EPIPE' ? 141 : 1);
});

void main(process.argv.slice(2), { out: process.stdout, err: process.stderr }).then((code) => {
	process.exitCode = code;
});
