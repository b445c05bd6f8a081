// The result of `slipway test`, and its form as JUnit XML (the form that Jenkins and GitLab read). Pure.

import { printableLines } from '../../native/text/printable.ts';

export interface TestResult {
	readonly name: string;
	readonly exitCode: number;
	/** What went wrong; null after success. */
	readonly failure: string | null;
	readonly steps: readonly TestStep[];
}

export interface TestStep {
	/** `build`, `boot`, `ready`, `command` or `power off`. */
	readonly name: string;
	readonly durationMs: number;
	readonly failure: string | null;
}

export function junitXml({ name, steps }: TestResult): string {
	const failures = steps.filter(({ failure }) => failure !== null).length;
	const time = seconds(steps.reduce((sum, { durationMs }) => sum + durationMs, 0));
	const cases = steps.map((step) => {
		const start = `    <testcase classname="${escaped(name)}" name="${escaped(step.name)}" time="${seconds(step.durationMs)}"`;
		if (step.failure === null) return `${start}/>`;
		const [first = ''] = step.failure.split('\n');
		return `${start}>\n      <failure message="${escaped(first)}">${escaped(step.failure)}</failure>\n    </testcase>`;
	});
	return [
		'<?xml version="1.0" encoding="UTF-8"?>',
		'<testsuites>',
		`  <testsuite name="${escaped(name)}" tests="${steps.length}" failures="${failures}" errors="0" time="${time}">`,
		...cases,
		'  </testsuite>',
		'</testsuites>',
		'',
	].join('\n');
}

function seconds(ms: number): string {
	return (ms / 1000).toFixed(3);
}

/** XML 1.0 knows no way to write control characters, which `printableLines()` takes out. */
function escaped(text: string): string {
	return printableLines(text)
		.replaceAll('&', '&amp;')
		.replaceAll('<', '&lt;')
		.replaceAll('>', '&gt;')
		.replaceAll('"', '&quot;');
}
