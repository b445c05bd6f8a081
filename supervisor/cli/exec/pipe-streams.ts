// The streams of a program without a terminal: three pipes.

import { closeSync, fchownSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Native } from '../../../native/native.ts';
import type { ExecStreams } from './exec-streams.ts';
import { type Outlet, openOutlet } from './outlet.ts';

/**
 * @param uid - the user, as seen outside the container, who may open the pipes again by /dev/stdout
 * @param passesStdin - false: the program's stdin is empty
 */
export function openPipeStreams(native: Native, uid: number, passesStdin = true): ExecStreams {
	const [stdin, toStdin] = native.pipe();
	const [fromStdout, stdout] = native.pipe();
	const [fromStderr, stderr] = native.pipe();
	const inner = [stdin, stdout, stderr] as const;
	for (const fd of inner) fchownSync(fd, uid, -1);
	const opened = new Set<number>([...inner, fromStdout, fromStderr]);
	const outlets: Outlet[] = [];
	const input = new Socket({ fd: toStdin, readable: false, writable: true });
	// EPIPE means that the program has ended, or reads no more.
	input.on('error', () => process.stdin.unpipe(input));

	function close(fd: number): void {
		if (opened.delete(fd)) closeSync(fd);
	}

	return {
		stdio: inner,
		begin() {
			inner.forEach(close);
			process.stdin.on('error', () => input.end());
			if (passesStdin) process.stdin.pipe(input);
			else input.end();
			// When nobody reads any longer, the program gets SIGPIPE, as if it wrote to stdout of `service` itself.
			outlets.push(openOutlet(native, fromStdout, process.stdout, () => close(fromStdout)));
			outlets.push(openOutlet(native, fromStderr, process.stderr, () => close(fromStderr)));
		},
		async finish() {
			process.stdin.destroy();
			input.destroy();
			for (const outlet of outlets) await outlet.finish();
			[...opened].forEach(close);
		},
	};
}
