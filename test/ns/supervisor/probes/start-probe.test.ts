// Probes of a container with namespaces and a root of its own.

import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { startProbe } from '../../../../supervisor/probes/start-probe.ts';
import { addonFile } from '../../../helpers/addon.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { native, own, probe, results, target } from '../../../unit/supervisor/probes/probe-results.ts';
import { startStandIn } from './container-stand-in.ts';

const run = promisify(execFile);

test('startProbe() of tcp and http, in a network namespace of its own', async (t) => {
	const up = 'ip link set lo up; httpd -p 127.0.0.1:8080 -h /etc && echo up; exec cat';
	const { process: container } = await startStandIn(t, up);
	const inside = target({ process: container });
	// A program that listens on that port outside the namespace must not answer.
	t.deepEqual(await results(probe({ tcp: 8080 }), inside), ['works']);
	t.deepEqual(await results(probe({ tcp: 8081 }), inside), ['tcp 8081: connection refused']);
	t.deepEqual(await results(probe({ http: 'http://localhost:8080/nothing' }), inside), [
		'http http://localhost:8080/nothing: status 404',
	]);
	t.deepEqual(await results(probe({ http: 'http://10.1.2.3/' }), inside), [
		'http http://10.1.2.3/: network is unreachable',
	]);
});

test("startProbe() of file sees the container's root, and nothing outside of it", async (t) => {
	const { process: container, root } = await startStandIn(t, 'echo up; exec cat');
	const inside = target({ process: container });
	writeFileSync(join(root, 'run/ready'), '');
	symlinkSync('/run/ready', join(root, 'link'));
	symlinkSync('../../../../../../../../../../etc/passwd', join(root, 'run/escape'));
	mkdirSync(join(root, 'run/folder'));
	const asks = async (file: string) => (await results(probe({ file }), inside))[0];
	for (const file of ['/run/ready', 'run/ready', '/link', '/run/folder', '/'])
		t.is(await asks(file), 'works');
	t.is(await asks('/etc/passwd'), 'file /etc/passwd: no such file or directory');
	t.is(await asks('/run/escape'), 'file /run/escape: no such file or directory');
	t.is(await asks('/proc/1/root/etc'), 'file /proc/1/root/etc: too many symbolic links encountered');
});

test('startProbe() does not count a process that has ended, or another one with its pid', async (t) => {
	const standIn = await startStandIn(t, 'echo up; exec cat');
	const other = { ...own, startTicks: '1' };
	await standIn.stop();
	for (const process of [standIn.process, other]) {
		let asked = 0;
		const about = target({ process });
		const clock = {
			native,
			now() {
				asked++;
				return performance.now();
			},
		};
		const running = startProbe(probe({ file: '/' }), about, clock, () => t.fail());
		await eventually(() => asked >= 50, { pauseMs: 10 });
		running.stop();
		t.true(asked >= 50);
	}
});

test('startProbe() leaves no descriptor, thread or child behind', async (t) => {
	// Runs in a process of its own, so that the descriptors of other tests do not count.
	const program = join(import.meta.dirname, 'leaks.ts');
	const { stdout } = await run(process.execPath, ['--no-warnings', program, await addonFile()], {
		timeout: 60_000,
	});
	t.deepEqual(JSON.parse(stdout), { descriptors: 0, threads: 0, children: 0 });
});
