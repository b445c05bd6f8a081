import test from 'ava';
import type { ServiceStats } from '../../../../supervisor/contract/protocol.ts';
import { usageRows } from '../../../../supervisor/contract/usage-table.ts';

function stats(name: string, more: Partial<ServiceStats> = {}): ServiceStats {
	return {
		...{ name, state: 'running', ready: true, pid: 7, restarts: 1 },
		...{ memoryBytes: 3 * 2 ** 20, cpuSeconds: 10, tasks: 4, logLines: 12, ...more },
	};
}

const sample = (atSeconds: number, ...services: ServiceStats[]) => {
	return { atSeconds, stats: { services, readySeconds: null } };
};

test('usageRows() has the busiest service first, and 100 % is one processor', (t) => {
	const before = sample(5, stats('idle'), stats('busy'));
	const now = sample(7, stats('idle'), stats('busy', { cpuSeconds: 13 }));
	t.deepEqual(usageRows(before, now), [
		['busy', 'running', '150.0', '3.0 MiB', '4', '1', '12', '7'],
		['idle', 'running', '0.0', '3.0 MiB', '4', '1', '12', '7'],
	]);
});

test('usageRows() knows no share of a processor without an earlier sample of the same container', (t) => {
	const cpu = (...samples: Parameters<typeof usageRows>) => usageRows(...samples)[0]?.[2];
	t.is(cpu(null, sample(7, stats('a'))), '-');
	t.is(cpu(sample(5, stats('b')), sample(7, stats('a'))), '-');
	t.is(cpu(sample(5, stats('a')), sample(7, stats('a', { cpuSeconds: 1 }))), '-');
	t.is(cpu(sample(7, stats('a')), sample(7, stats('a'))), '-');
});

test('usageRows() has a dash for what a service without a process does not use', (t) => {
	const stopped = stats('a', {
		pid: null,
		memoryBytes: null,
		cpuSeconds: null,
		tasks: null,
		state: 'stopped',
	});
	t.deepEqual(usageRows(null, sample(1, stopped)), [['a', 'stopped', '-', '-', '-', '1', '12', '-']]);
});
