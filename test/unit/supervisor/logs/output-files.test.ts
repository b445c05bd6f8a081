import { appendFileSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { lastLines } from '../../../../supervisor/logs/log-tail.ts';
import { linkOutputFiles, openOutputFiles, outputPaths } from '../../../../supervisor/logs/output-files.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const fresh = () => scratchFolder();

test("outputPaths() returns LinuxKit's names", (t) => {
	t.deepEqual(outputPaths('/var/log', 'onboot.000-sysctl'), {
		stdout: '/var/log/onboot.000-sysctl.out.log',
		stderr: '/var/log/onboot.000-sysctl.log',
	});
});

test('openOutputFiles() makes the folder and keeps what is in the files', (t) => {
	const paths = outputPaths(join(fresh(), 'log'), 'x');
	openOutputFiles(paths).close();
	appendFileSync(paths.stderr, 'before\n');
	const files = openOutputFiles(paths);
	writeFileSync(files.stderrFd, 'after\n');
	t.deepEqual(lastLines(files.stderrFd, 5), ['before', 'after']);
	files.close();
	t.is(readFileSync(paths.stderr, 'utf8'), 'before\nafter\n');
});

test('linkOutputFiles() makes the links again after a disk was mounted over them', (t) => {
	const folder = fresh();
	const files = outputPaths(join(folder, 'run'), 'x');
	const linked = outputPaths(join(folder, 'var'), 'x');
	linkOutputFiles(files, linked);
	linkOutputFiles(files, linked);
	t.is(readlinkSync(linked.stdout), files.stdout);
	rmSync(join(folder, 'var'), { recursive: true });
	linkOutputFiles(files, linked);
	t.is(readlinkSync(linked.stderr), files.stderr);
});
