import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { findSystem, systemName } from '../../../../tools/machine/system-files.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('findSystem() finds the files of a format that can be booted', (t) => {
	const name = join(scratchFolder(t), 'x');
	for (const ending of ['-kernel', '-initrd.img']) writeFileSync(`${name}${ending}`, '');
	writeFileSync(`${name}-cmdline`, 'console=ttyS0\n');
	t.deepEqual(findSystem(name), {
		kernel: `${name}-kernel`,
		initrd: `${name}-initrd.img`,
		commandLine: 'console=ttyS0',
		root: null,
	});
	writeFileSync(`${name}-squashfs.img`, '');
	t.is(findSystem(name).root, `${name}-squashfs.img`);
});

test('findSystem() names the missing files, and a format that is there but can not be booted', (t) => {
	const folder = scratchFolder(t);
	const name = join(folder, 'x');
	writeFileSync(`${name}-kernel`, '');
	t.throws(() => findSystem(name), {
		code: 'NO_FILE',
		message: `There is no system named ${name}: ${name}-initrd.img, ${name}-cmdline are missing. Build one with: slipway build --dir ${folder} --name x FILE.yml`,
	});
	writeFileSync(`${name}.tar`, '');
	t.throws(() => findSystem(name), {
		message: /are missing\. The format tar, which is there, can't be booted\. Build/,
	});
});

test('findSystem() names the systems of a directory', (t) => {
	const folder = scratchFolder(t);
	t.throws(() => findSystem(folder), {
		message: `${folder} is a directory, and no built system is in it. Build one with: slipway build --dir ${folder} FILE.yml`,
	});
	for (const name of ['web', 'db']) {
		for (const ending of ['-kernel', '-initrd.img', '-cmdline'])
			writeFileSync(join(folder, `${name}${ending}`), '');
	}
	writeFileSync(join(folder, 'half-cmdline'), '');
	t.throws(() => findSystem(folder), {
		message: `${folder} is a directory. Name a system in it: ${folder}/db, ${folder}/web`,
	});
});

test('findSystem() tells who names a YAML file what to write', (t) => {
	const name = join(scratchFolder(t), 'x');
	t.throws(() => findSystem('redis.yml'), {
		code: 'NO_FILE',
		message:
			'A machine boots a built system, and redis.yml is a YAML file. Write: slipway up redis.yml, or slipway build redis.yml && slipway run redis',
	});
	for (const ending of ['-kernel', '-initrd.img', '-cmdline']) writeFileSync(`${name}${ending}`, '');
	t.throws(() => findSystem(`${name}.yaml`), { message: new RegExp(`, or slipway run ${name}$`) });
});

test('systemName() of a file of a system is the name of the system', (t) => {
	const name = join(scratchFolder(t), 'x');
	t.is(systemName(`${name}-kernel`), `${name}-kernel`);
	for (const ending of ['-kernel', '-initrd.img', '-cmdline']) writeFileSync(`${name}${ending}`, '');
	for (const ending of ['', '-kernel', '-initrd.img', '-cmdline']) t.is(systemName(`${name}${ending}`), name);
});
