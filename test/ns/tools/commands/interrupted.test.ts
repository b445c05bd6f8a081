// Commands that are ended in the middle of their work: by a signal, or because nobody reads their output any more.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openImageStore } from '../../../../tools/images/store.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { runProgram } from '../../../helpers/program.ts';
import { pushImage, startFaultProxy, startRegistry } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeTar, putTestImage } from '../../../helpers/tar.ts';

function slipway(t: ExecutionContext, ...args: readonly string[]): ChildProcess {
	const all = ['--no-warnings', resolve('tools/slipway.ts'), ...args];
	const child = spawn(process.execPath, all, { stdio: 'ignore' });
	t.teardown(() => child.kill('SIGKILL'));
	return child;
}

function leftovers(folder: string): readonly string[] {
	return readdirSync(folder).filter((name) => name.startsWith('.'));
}

/** Checks that the command removes its temporary files. The signal comes when the first of them is there. */
async function endsCleanly(
	t: ExecutionContext,
	child: ChildProcess,
	signal: NodeJS.Signals,
	folder: string,
): Promise<void> {
	await eventually(() => leftovers(folder).length > 0, { pauseMs: 10 });
	child.kill(signal);
	t.deepEqual(await once(child, 'exit'), [null, signal]);
	t.deepEqual(leftovers(folder), []);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
	test(`slipway cache pull leaves no temporary files on ${signal}`, async (t) => {
		const [host, source] = [await startRegistry(t), openImageStore(scratchFolder(t))];
		await putTestImage(source, 'a', [{ name: 'app', body: 'x'.repeat(100_000) }]);
		await pushImage(source.folder, 'docker.io/library/a:latest', `${host}/a`);
		const folder = join(scratchFolder(t), 'store');
		const { promise: isLoading, resolve: loads } = Promise.withResolvers<void>();
		const proxy = await startFaultProxy(t, host, async (incoming, answer, forward) => {
			if (incoming.url?.includes('/blobs/') !== true) return false;
			// Sends the first bytes and never the rest.
			for await (const part of await forward()) {
				answer.write((part as Buffer).subarray(0, 10), () => loads());
				return true;
			}
			return true;
		});
		const child = slipway(t, 'cache', 'pull', '--cache', folder, `${proxy.host}/a`);
		await isLoading;
		await endsCleanly(t, child, signal, folder);
		t.false(existsSync(join(folder, 'index.json')));
	});
}

test('slipway cache import leaves no temporary files on SIGINT', async (t) => {
	const [folder, pipe] = [scratchFolder(t), join(scratchFolder(t), 'pipe')];
	t.is((await runProgram('mkfifo', [pipe])).exitCode, 0);
	const child = slipway(t, 'cache', 'import', '--cache', folder, pipe);
	// The pipe opens when the command reads.
	const file = await open(pipe, 'w');
	t.teardown(() => file.close());
	await file.write((await makeTar([{ name: 'blobs/x', body: 'x'.repeat(100_000) }])).subarray(0, 50_000));
	await endsCleanly(t, child, 'SIGINT', folder);
});

test('withIndexLock() on a signal leaves no lock that others would wait for', async (t) => {
	const folder = join(scratchFolder(t), 'store');
	mkdirSync(folder);
	const child = spawn(
		process.execPath,
		['--no-warnings', resolve('test/unit/tools/commands/fixtures/holds-lock.ts'), folder],
		{
			stdio: ['ignore', 'pipe', 'inherit'],
		},
	);
	t.teardown(() => child.kill('SIGKILL'));
	await once(child.stdout, 'data');
	await endsCleanly(t, child, 'SIGTERM', folder);
});

test('what a slipway test that was killed has left is removed by the next one', async (t) => {
	const folder = scratchFolder(t);
	// A registry that takes connections and never answers holds the build.
	const registry = createServer();
	t.teardown(() => registry.close());
	await once(registry.listen(0, '127.0.0.1'), 'listening');
	const { port } = registry.address() as AddressInfo;
	writeFileSync(join(folder, 'a.yml'), `init: ["127.0.0.1:${port}/a"]\n`);
	writeFileSync(join(folder, 'wrong.yml'), 'init: 1\n');
	const run = (file: string): ChildProcess => {
		const words = ['--no-warnings', resolve('tools/slipway.ts'), 'test', '--cache', join(folder, 'cache')];
		const places = { XDG_STATE_HOME: join(folder, 's'), XDG_RUNTIME_DIR: join(folder, 'r') };
		const env = { ...process.env, ...places };
		const child = spawn(process.execPath, [...words, join(folder, file)], { stdio: 'ignore', env });
		t.teardown(() => child.kill('SIGKILL'));
		return child;
	};
	const builds = (): string[] => readdirSync(join(folder, 's/slipway'));
	const killed = run('a.yml');
	await once(registry, 'connection');
	t.is(builds().length, 1, 'the directory of the build');
	killed.kill('SIGKILL');
	await once(killed, 'exit');
	t.is(builds().length, 1);
	t.deepEqual(await once(run('wrong.yml'), 'exit'), [125, null]);
	t.deepEqual(builds(), []);
});

/** Runs `slipway ARGS` with a pipe that nobody reads, as `| head -0` leaves it, and returns the exit code. @param to - what goes to the pipe */
async function exitCodeBeforePipe(t: ExecutionContext, args: readonly string[], to = '>&8'): Promise<string> {
	const program = [process.execPath, '--no-warnings', resolve('tools/slipway.ts'), ...args];
	const script = `mkfifo "$0" && exec 9<>"$0" 8>"$0" 9>&-; "$@" ${to}; echo $?`;
	const pipe = join(scratchFolder(t), 'pipe');
	const { stdout, stderr } = await runProgram('bash', ['--norc', '-c', script, pipe, ...program]);
	return `${stdout.trim()}${stderr}`;
}

test('slipway build | head -0 ends quietly and leaves whole outputs or none', async (t) => {
	const [folder, out] = [scratchFolder(t), scratchFolder(t)];
	await putTestImage(openImageStore(folder), 'a', [{ name: 'app', body: 'x'.repeat(100_000) }]);
	writeFileSync(join(out, 'a.yml'), 'init: [a]\n');
	const build = ['build', '--cache', folder, '--format', 'tar', '--dir', out, join(out, 'a.yml')];
	t.is(await exitCodeBeforePipe(t, build), '141');
	t.deepEqual(readdirSync(out).sort(), ['a.tar', 'a.yml']);
	// The progress goes to the closed pipe too: the build ends with its first line.
	t.is(await exitCodeBeforePipe(t, [...build, '--name', 'b', '--format', 'tar'], '>&8 2>&1'), '141');
	t.deepEqual(
		readdirSync(out).filter((name) => name.startsWith('.')),
		[],
	);
});

test('slipway cache ls | head -0 ends quietly', async (t) => {
	const folder = scratchFolder(t);
	await putTestImage(openImageStore(folder), 'a', [{ name: 'app', body: '' }]);
	t.is(await exitCodeBeforePipe(t, ['cache', 'ls', '--cache', folder]), '141');
});

test('slipway cache export | head -0 ends quietly', async (t) => {
	const folder = scratchFolder(t);
	await putTestImage(openImageStore(folder), 'a', [{ name: 'app', body: 'x'.repeat(1_000_000) }]);
	t.is(await exitCodeBeforePipe(t, ['cache', 'export', '--cache', folder, 'a']), '141');
});

test('slipway cache pull leaves no temporary files when the reader of its progress goes away', async (t) => {
	const [host, source] = [await startRegistry(t), openImageStore(scratchFolder(t))];
	await putTestImage(source, 'a', [{ name: 'app', body: 'x'.repeat(100_000) }]);
	await pushImage(source.folder, 'docker.io/library/a:latest', `${host}/a`);
	const folder = join(scratchFolder(t), 'store');
	const { promise: isLoading, resolve: loads } = Promise.withResolvers<() => void>();
	const proxy = await startFaultProxy(t, host, async (incoming, answer, forward) => {
		if (incoming.url?.includes('/blobs/') !== true) return false;
		for await (const part of await forward()) {
			answer.write((part as Buffer).subarray(0, 10), () => loads(() => answer.destroy()));
			return true;
		}
		return true;
	});
	const args = ['--no-warnings', resolve('tools/slipway.ts'), 'cache', 'pull', '--cache', folder];
	const child = spawn(process.execPath, [...args, `${proxy.host}/a`], {
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	t.teardown(() => child.kill('SIGKILL'));
	const cut = await isLoading;
	await eventually(() => leftovers(folder).length > 0, { pauseMs: 10 });
	child.stderr.destroy();
	// The registry's failure makes a line of progress, which nobody reads.
	cut();
	t.deepEqual(await once(child, 'exit'), [141, null]);
	t.deepEqual(leftovers(folder), []);
});
