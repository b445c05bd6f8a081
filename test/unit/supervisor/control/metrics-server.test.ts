import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import type { ServiceStats } from '../../../../supervisor/contract/protocol.ts';
import { openMetricsServer } from '../../../../supervisor/control/metrics-server.ts';
import { metricsText } from '../../../../supervisor/control/metrics-text.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('openMetricsServer() writes the figures to anyone and reads nothing', async (t) => {
	const path = join(scratchFolder(t), 'metrics/metrics.sock');
	let asked = 0;
	const server = openMetricsServer(
		path,
		async () => {
			asked += 1;
			return 'a 1\n';
		},
		(error) => t.fail(error.message),
	);
	t.teardown(() => server.close());
	const mode = async () => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777) === 0o666 || null;
	await eventually(mode);
	const socket = connect(path);
	socket.write('{"id":1,"command":"power","action":"poweroff"}\n');
	t.is(await text(socket), 'a 1\n');
	for (let again = 0; again < 20; again += 1) t.is(await text(connect(path)), 'a 1\n');
	t.true(asked < 20, `the figures were taken ${asked} times`);
});

test('metricsText() escapes names, and leaves out what is not known', (t) => {
	const service: ServiceStats = {
		...{ name: 'a"b\\c\nd', state: 'stopped' as const, ready: false, pid: null, restarts: 2 },
		...{ memoryBytes: null, cpuSeconds: null, tasks: null, logLines: 5 },
	};
	const pid1 = {
		...{ residentBytes: 1, heapUsedBytes: 2, heapTotalBytes: 3, heapCodeBytes: 4 },
		...{ heapLimitBytes: 5, externalBytes: 6, openFiles: 7 },
	};
	const lines = metricsText({ services: [service], readySeconds: null }, pid1).split('\n');
	t.true(lines.includes('slipway_service_restarts_total{service="a\\"b\\\\c\\nd"} 2'));
	t.false(lines.some((line) => /memory_bytes|cpu_seconds|boot_ready/.test(line)));
	t.true(lines.includes('slipway_pid1_open_files 7'));
});
