// Tests a file system that does not answer, with an addon that delays the answer.

import { closeSync, writeSync } from 'node:fs';
import test from 'ava';
import type { Native } from '../../../../native/native.ts';
import { askFile } from '../../../../supervisor/probes/file-probe.ts';
import { startProbe } from '../../../../supervisor/probes/start-probe.ts';
import { identifyProcess } from '../../../../supervisor/process/process-identity.ts';
import { openAddon } from '../../../helpers/addon.ts';

const native = await openAddon();
const own = identifyProcess(process.pid) ?? { pid: 0, startTicks: '' };

test('startProbe() of file: a lookup that hangs is a failure, and no second one begins', async (t) => {
	const held: number[] = [];
	const hanging: Native = {
		...native,
		lookUpInRoot(rootFd, _path, reportFd) {
			closeSync(rootFd);
			held.push(reportFd);
		},
	};
	const reason = await new Promise((resolve) => {
		const running = startProbe(
			{ how: { file: '/x' }, intervalMs: 10, timeoutMs: 10, retries: 5 },
			{
				purpose: 'health',
				process: own,
				spec: {},
				notify: null,
				container: { run: () => Promise.reject(new Error('not in this test')) },
			},
			{ native: hanging, now: () => performance.now() },
			(result) => {
				running.stop();
				resolve(result.works ? 'works' : result.reason);
			},
		);
	});
	t.is(reason, 'file /x: no answer in 10 ms');
	t.is(held.length, 1);
	// The delayed answer arrives.
	for (const fd of held) {
		writeSync(fd, Buffer.alloc(4));
		closeSync(fd);
	}
});

test('askFile() rejects when the lookup can not begin, or ends without an answer', async (t) => {
	const ask = (change: Partial<Native>) =>
		askFile({ ...native, ...change }, own, '/x')(AbortSignal.abort(), () => {});
	const refuse = () => {
		throw new Error('no more of them');
	};
	await t.throwsAsync(ask({ pipe: refuse }), { message: 'no more of them' });
	await t.throwsAsync(ask({ lookUpInRoot: refuse }), { message: 'no more of them' });
	const silent = (rootFd: number, _path: string, reportFd: number) => {
		for (const fd of [rootFd, reportFd]) closeSync(fd);
	};
	await t.throwsAsync(ask({ lookUpInRoot: silent }), { code: 'ERR_BUFFER_OUT_OF_BOUNDS' });
});
