import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { hostProcessor, processorNamed, processors } from '../../../../supervisor/contract/processors.ts';

const root = join(import.meta.dirname, '../../../..');
const table = 'supervisor/contract/processors.ts';

/** Where a name of a processor is an example, or part of another program's language, and why. */
const exceptions: Readonly<Record<string, string>> = {
	'supervisor/image/platform.ts': 'the names and variants of platforms in image indexes (containerd)',
	'tools/options/platform-option.ts': 'examples of platforms that a registry may have',
	'tools/commands/cache-push.ts': 'an example',
	'tools/config/checks.ts': 'an example',
	'tools/config/seccomp-schema.ts': 'an example, and the shape of the names',
	'tools/config/linuxkit-schema.ts': 'an example',
	'tools/resolve/volume-layout.ts': 'an example',
	'tools/build/keep-own-options.ts': 'the machine code of one binary',
	'tools/options/linuxkit-options.ts': "an answer to LinuxKit's option -qemu",
	'tools/machine/firmware.ts': "Arch's path of OVMF",
	'tools/doctor/examine.ts': 'the words of a report',
	'tools/doctor/read-host.ts': 'the words of a report',
	'supervisor/contract/engine-refusals.ts': 'the seccomp names that the engine makes filters for',
	'supervisor/engine/seccomp-filter.ts': "the kernel's numbers of architectures (linux/audit.h)",
	'supervisor/engine/system-call-numbers.ts': "the kernel's tables of system calls",
	'tools/elf/machine.ts': "ELF's numbers of machines, of more processors than systems are built for",
	'tools/serve/proxy-dhcp.ts': "DHCP's numbers of firmwares (RFC 4578) and iPXE's file names",
};

test('processorNamed() knows the names of the kernel too', (t) => {
	t.is(processorNamed('aarch64'), processors.arm64);
	t.is(processorNamed('x86_64'), processors.amd64);
	t.is(processorNamed('riscv64'), null);
	t.is(hostProcessor.nodeArch, process.arch);
});

test('no value of a processor stands outside of the table', (t) => {
	const files = execFileSync('git', ['ls-files', 'init', 'supervisor', 'tools', 'pkg', 'native'], {
		cwd: root,
		encoding: 'utf8',
	})
		.split('\n')
		.filter((file) => file.endsWith('.ts') && file !== table && exceptions[file] === undefined);
	t.true(files.length > 300);
	const values = /amd64|x86[_-]64|aarch64|arm64|i386|q35|\bx64\b|SCMP_ARCH_/;
	const found = files.flatMap((file) =>
		withoutComments(readFileSync(join(root, file), 'utf8'))
			.split('\n')
			.filter((line) => values.test(line))
			.map((line) => `${file}: ${line.trim()}`),
	);
	t.deepEqual(found, []);
});

test('each exception of the test above is one', (t) => {
	for (const file of Object.keys(exceptions))
		t.regex(readFileSync(join(root, file), 'utf8'), /amd64|x86[_-]64|aarch64|arm64|x64|SCMP_ARCH/, file);
});

function withoutComments(text: string): string {
	return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}
