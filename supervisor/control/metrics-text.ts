// The system's figures as Prometheus reads them (its text format, version 0.0.4). Pure.

import { phases, type ServicePhase } from '../contract/phases.ts';
import type { Pid1Status, ServiceStats, SystemStats } from '../contract/protocol.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | null];

interface Metric {
	readonly name: string;
	readonly type: 'gauge' | 'counter';
	readonly help: string;
	readonly samples: readonly Sample[];
}

export function metricsText(stats: SystemStats, pid1: Pid1Status): string {
	return [...serviceMetrics(stats.services), ...systemMetrics(stats, pid1)].map(metricText).join('');
}

function serviceMetrics(services: readonly ServiceStats[]): Metric[] {
	const each = (value: (service: ServiceStats) => number | null): Sample[] =>
		services.map((service) => [{ service: service.name }, value(service)]);
	return [
		{
			name: 'slipway_service_state',
			type: 'gauge',
			help: '1 for the state that the service is in, 0 for all others.',
			samples: services.flatMap(({ name, state }) =>
				(Object.keys(phases) as ServicePhase[]).map((phase): Sample => {
					return [{ service: name, state: phase }, phase === state ? 1 : 0];
				}),
			),
		},
		{
			name: 'slipway_service_ready',
			type: 'gauge',
			help: '1 when the service runs and its readiness probe, if it has one, has succeeded.',
			samples: each(({ ready }) => (ready ? 1 : 0)),
		},
		{
			name: 'slipway_service_restarts_total',
			type: 'counter',
			help: 'Restarts since the boot.',
			samples: each(({ restarts }) => restarts),
		},
		{
			name: 'slipway_service_memory_bytes',
			type: 'gauge',
			help: 'Memory of the cgroup of the service, page cache included.',
			samples: each(({ memoryBytes }) => memoryBytes),
		},
		{
			name: 'slipway_service_cpu_seconds_total',
			type: 'counter',
			help: 'Time on processors since the container of the service was made.',
			samples: each(({ cpuSeconds }) => cpuSeconds),
		},
		{
			name: 'slipway_service_tasks',
			type: 'gauge',
			help: 'Processes and threads of the service.',
			samples: each(({ tasks }) => tasks),
		},
		{
			name: 'slipway_service_log_lines_total',
			type: 'counter',
			help: 'Records written to the log of the service since PID 1 began or was resumed.',
			samples: each(({ logLines }) => logLines),
		},
	];
}

function systemMetrics({ readySeconds }: SystemStats, pid1: Pid1Status): Metric[] {
	const gauge = (name: string, help: string, value: number | null): Metric => {
		return { name, type: 'gauge', help, samples: [[{}, value]] };
	};
	return [
		gauge(
			'slipway_boot_ready_seconds',
			'From the start of the kernel until every service was ready.',
			readySeconds,
		),
		gauge(
			'slipway_pid1_resident_bytes',
			'Resident memory of PID 1, shared pages included.',
			pid1.residentBytes,
		),
		gauge('slipway_pid1_heap_bytes', "JavaScript's heap of PID 1 that is in use.", pid1.heapUsedBytes),
		gauge('slipway_pid1_open_files', 'Open files of PID 1.', pid1.openFiles),
	];
}

/** A metric without a known value is left out. */
function metricText({ name, type, help, samples }: Metric): string {
	const lines = samples.flatMap(([labels, value]) =>
		value === null ? [] : [`${name}${labelsText(labels)} ${value}\n`],
	);
	return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelsText(labels: Labels): string {
	const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
	return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
	return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
