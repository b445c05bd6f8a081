// Reads Prometheus' text format by the parser of its own client library (Debian: python3-prometheus-client).

import { spawnSync } from 'node:child_process';

export interface PrometheusSample {
	readonly name: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
}

const script = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
samples = [
    {"name": sample.name, "labels": sample.labels, "value": sample.value}
    for family in text_string_to_metric_families(sys.stdin.read())
    for sample in family.samples
]
json.dump(samples, sys.stdout)
`;

/** Throws what the parser says. Another Python than Debian's would not have its packages. */
export function parsePrometheus(text: string): readonly PrometheusSample[] {
	const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', script], {
		input: text,
		encoding: 'utf8',
	});
	if (status !== 0) throw new Error(`python3 with prometheus_client: ${stderr}`);
	return JSON.parse(stdout) as PrometheusSample[];
}
