// Runs a fixture on a pseudo terminal, which script(1) makes; the result comes by a file.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addonFile } from '../../helpers/addon.ts';
import { runProgram } from '../../helpers/program.ts';
import { fixturePath } from './run-fixture.ts';

export async function onTerminal(fixture: string): Promise<unknown> {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-terminal-'));
	const result = join(folder, 'result.json');
	const words = [process.execPath, '--no-warnings', fixturePath(fixture), await addonFile(), result];
	const command = words.map((word) => `'${word}'`).join(' ');
	const { exitCode, stdout } = await runProgram('script', ['-qec', `exec ${command}`, '/dev/null']);
	if (exitCode !== 0) throw new Error(`${fixture} ended with ${exitCode}: ${stdout}`);
	const text = readFileSync(result, 'utf8');
	rmSync(folder, { recursive: true });
	return JSON.parse(text);
}
