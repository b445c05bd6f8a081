// The report on a boot for people. Pure.

import { printable } from '../../native/text/printable.ts';
import type { BootReport, BootStep } from './boot-report.ts';
import { table } from './tables.ts';

export function bootText({ kernelSeconds, steps, readySeconds, critical }: BootReport): string {
	const kernel = kernelSeconds === null ? [] : [['', 'kernel', seconds(kernelSeconds), seconds(0), '']];
	const rows = steps.map((step) => [
		critical.includes(step) ? '*' : '',
		step.kind === 'stage' ? step.name : `${step.kind} ${step.name}`,
		seconds(step.to - step.from),
		seconds(step.from),
		step.failed ? 'FAILED' : '',
	]);
	const end =
		readySeconds === null
			? 'The system is not ready: a service does not run, or does not say that it works.\n'
			: `Ready ${seconds(readySeconds)} after the kernel's start. * is what that waited for${lastOf(critical)}.\n`;
	return `${table([['', 'WHAT', 'TOOK', 'FROM', ''], ...kernel, ...rows])}${end}`;
}

function lastOf(critical: readonly BootStep[]): string {
	const longest = critical.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0];
	if (longest === undefined) return '';
	return `, most of all ${printable(longest.name)} (${seconds(longest.to - longest.from)})`;
}

function seconds(value: number): string {
	return `${Math.max(0, value).toFixed(3)} s`;
}
