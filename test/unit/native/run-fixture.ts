// Starts a script of fixtures/ as a process of its own, for what concerns a whole process (mounts, signals,
// limits, crashes) and must not touch the test's. The script gets the addon's path as its first argument.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addonFile } from '../../helpers/addon.ts';

export interface FixtureOptions {
	readonly args?: readonly string[];
	readonly nodeArguments?: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
	/** The words before Node, e.g. `unshare --mount`. */
	readonly wrapper?: readonly string[];
	readonly addon?: string;
}

export interface FixtureEnd {
	readonly pid: number | undefined;
	readonly exitCode: number | null;
	readonly signal: string | null;
	readonly stdout: string;
	readonly stderr: string;
}

export function fixturePath(name: string): string {
	return join(import.meta.dirname, 'fixtures', name);
}

export async function runFixture(name: string, options: FixtureOptions = {}): Promise<FixtureEnd> {
	const { args = [], nodeArguments = [], env = {}, wrapper = [] } = options;
	const addon = options.addon ?? (await addonFile());
	const words = [
		...wrapper,
		process.execPath,
		'--no-warnings',
		...nodeArguments,
		fixturePath(name),
		addon,
		...args,
	];
	const [program = '', ...rest] = words;
	const folder = mkdtempSync(join(tmpdir(), 'slipway-fixture-'));
	return new Promise((resolve) => {
		const child = execFile(
			program,
			rest,
			{ env: { ...process.env, TMPDIR: folder, ...env }, timeout: 60_000, killSignal: 'SIGKILL' },
			(_error, stdout, stderr) => {
				rmSync(folder, { recursive: true, force: true });
				resolve({ pid: child.pid, exitCode: child.exitCode, signal: child.signalCode, stdout, stderr });
			},
		);
	});
}

/** The JSON that a fixture prints. Throws with its error output when it fails. */
export async function fixtureResult(name: string, options: FixtureOptions = {}): Promise<unknown> {
	const { exitCode, signal, stdout, stderr } = await runFixture(name, options);
	if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode ?? signal}: ${stderr}`);
	return JSON.parse(stdout);
}
