// What the checks of a system find, each under the name of its check, by which it can be accepted.

import { ConfigError, type Problem, problemText } from '../config/config-error.ts';
import type { Position } from '../config/position.ts';
import type { ConfigSource } from '../config/read-sources.ts';
import { problemAt, type ValuePath } from '../config/value-position.ts';

/** The checks by name, and what each looks for. Help and documents follow. */
export const checks = {
	command: 'a command that the image does not have',
	interpreter: "a program's dynamic loader, or a script's interpreter, that the image does not have",
	library: 'a shared library that the image does not have',
	processor: 'a program for another processor',
	'program-format': 'a program that the kernel cannot start',
	'bind-source': 'a bind of a path that nothing in the system makes',
	'bind-target': 'a read-only container without the path of a bind',
	'working-directory':
		'a working directory that is none or not absolute, or that a read-only container lacks',
	namespace: 'a namespace that cannot exist',
	apparmor: 'a container that AppArmor cannot hold',
	engine: 'a container that the built-in engine cannot run',
	init: 'a kernel without an init',
	containers: 'a system that runs no container',
	runtime: 'containers without runc, services without containerd, ports without nft',
	applets: "programs that are in Slipway's init image, with another one",
	'init-paths': 'init images that disagree on whether a path is a directory',
	name: 'a container with the name of the log of PID 1',
	'file-path': 'a file below a path that is no directory',
	'hidden-file': 'a file below a path on which a file system is mounted at boot',
	kernel: 'an image that is no kernel image',
	console: 'a getty without a console of the kernel',
	cmdline: "a word of the kernel's command line that Slipway does not understand",
	user: 'a user of the image, as whom the container does not run',
	healthcheck: 'a health check of the image that cannot be used',
	'stop-signal': 'a signal of the image that cannot be sent',
	port: 'a port of the image that nobody can reach',
	volume: 'a volume of the image whose contents are lost or cannot be written',
} as const;

export type CheckName = keyof typeof checks;

export interface Finding {
	readonly check: CheckName;
	/** An error is about a system that cannot work; a warning is about what may be meant. */
	readonly severity: 'error' | 'warning';
	/** The record or text in the YAML, and the way from there to the value. */
	readonly at: Position;
	readonly path: ValuePath;
	/** A sentence: what is wrong, and what to do. */
	readonly message: string;
}

/** A finding as it is shown. */
export interface ShownFinding extends Problem {
	readonly check: CheckName;
	readonly severity: Finding['severity'];
}

/** Returns the findings with their exact positions and lines, but those of accepted checks. */
export function shownFindings(
	findings: readonly Finding[],
	sources: readonly ConfigSource[],
	accepted: ReadonlySet<string>,
): readonly ShownFinding[] {
	return findings
		.filter(({ check }) => !accepted.has(check))
		.map(({ check, severity, at, path, message }) => ({
			check,
			severity,
			...problemAt(sources, at, path, message),
		}))
		.filter(isFirst);
}

/** Two containers of one image may share a line. */
function isFirst(finding: ShownFinding, index: number, all: readonly ShownFinding[]): boolean {
	const isSame = (each: ShownFinding): boolean =>
		each.message === finding.message &&
		each.at.line === finding.at.line &&
		each.at.column === finding.at.column;
	return all.findIndex(isSame) === index;
}

/** Reports warnings. Throws a `ConfigError` with all errors, if there are any. */
export function requireNoErrors(findings: readonly ShownFinding[], report: (line: string) => void): void {
	for (const finding of findings)
		if (finding.severity === 'warning')
			report(problemText({ ...finding, message: `warning: ${named(finding)}` }));
	const errors = findings.filter(({ severity }) => severity === 'error');
	if (errors.length === 0) return;
	throw new ConfigError(errors.map((finding) => ({ ...finding, message: named(finding) })));
}

/** Packing refuses init images that would lose files in any case (system/hidden-folders.ts). */
function named({ check, severity, message }: ShownFinding): string {
	return check === 'init-paths' && severity === 'error'
		? message
		: `${message} (--accept ${check} silences this.)`;
}
