import test from 'ava';
import { processors } from '../../../../supervisor/contract/processors.ts';
import { withBothConsoles, withConsole } from '../../../../tools/output/machine-console.ts';

const consoles = test.macro({
	exec(t, processor: keyof typeof processors, given: string, expected: string) {
		t.is(withConsole(given, processors[processor]), expected);
	},
	title: (_, processor, given) => `withConsole() of ${processor}: ${given}`,
});

test(consoles, 'amd64', 'console=ttyS0  quiet', 'console=ttyS0  quiet');
test(consoles, 'arm64', 'console=ttyS0 quiet', 'console=ttyAMA0 quiet');
test(consoles, 'arm64', 'console=ttyS0,115200n8 quiet', 'console=ttyAMA0 quiet');
test(consoles, 'arm64', 'console=tty0 console=ttyS0 console=ttyAMA0', 'console=tty0 console=ttyAMA0');
test(consoles, 'arm64', 'quiet', 'quiet');
test(consoles, 'arm64', 'console=ttyS1', 'console=ttyAMA0');
test(consoles, 'amd64', 'console=ttyS1', 'console=ttyS0');

const both = test.macro({
	exec(t, processor: keyof typeof processors, given: string, expected: string) {
		t.is(withBothConsoles(given, processors[processor]), expected);
	},
	title: (_, processor, given) => `withBothConsoles() of ${processor}: ${given}`,
});

test(both, 'amd64', 'console=ttyS1  console=ttyS0', 'console=ttyS1  console=ttyS0');
test(both, 'arm64', 'console=ttyS0,115200n8 quiet', 'console=ttyS0,115200n8 console=ttyAMA0 quiet');
test(both, 'arm64', 'console=ttyAMA0 console=ttyS0', 'console=ttyAMA0 console=ttyS0');
test(both, 'arm64', 'console=tty0', 'console=tty0');
