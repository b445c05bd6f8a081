import test from 'ava';
import { runProgram } from '../../../../init/programs/run-program.ts';
import { type Applet, AppletError } from '../../../../pkg/applet/applet.ts';

async function run(applet: Applet, ...args: string[]): Promise<{ code: number; written: string }> {
	let written = '';
	const write = (fd: number, text: string): void => {
		written += `${fd}|${text}`;
	};
	const code = await runProgram('tool', async () => applet, args, write);
	return { code, written };
}

test('runProgram() passes the arguments and the exit code on', async (t) => {
	const applet: Applet = (args, host) => {
		host.print(args.join('+'));
		host.warn('careful');
		return 3;
	};
	t.deepEqual(await run(applet, 'a', 'b'), { code: 3, written: '1|a+b\n2|tool: careful\n' });
});

test('runProgram() reports an expected failure in one line, with its exit code', async (t) => {
	const failing = (error: AppletError): Applet => {
		return () => Promise.reject(error);
	};
	t.deepEqual(await run(failing(new AppletError('no disk'))), { code: 1, written: '2|tool: no disk\n' });
	const usage = new AppletError('no such option', { exitCode: 2 });
	t.deepEqual(await run(failing(usage)), { code: 2, written: '2|tool: no such option\n' });
});

test('runProgram() reports an internal error with its stack', async (t) => {
	const broken: Applet = () => {
		throw new TypeError('undefined is not a function');
	};
	const { code, written } = await run(broken);
	t.is(code, 1);
	t.regex(written, /^2\|tool: TypeError: undefined is not a function\n +at broken/);
});

test('runProgram() reports a program that can’t be loaded', async (t) => {
	let written = '';
	const code = await runProgram(
		'tool',
		() => Promise.reject(new Error('gone')),
		[],
		(_, text) => {
			written += text;
		},
	);
	t.is(code, 1);
	t.regex(written, /^tool: Error: gone/);
});
